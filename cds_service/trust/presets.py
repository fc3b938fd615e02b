"""What is known of the usual clients: values for `igrt-cds trust add`, and what to type at the EHR."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cds_service.trust import sandbox


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of client. `issuer` and `jwks_url` are those that all of its kind have, empty where each has its own;
    `{issuer}` in `jwks_url` stands for the issuer. `notes` are said after `trust add`."""

    title: str
    issuer: str = ""
    jwks_url: str = ""
    issuer_from: str = ""
    jwks_from: str = ""
    algorithms: tuple[str, ...] = ()
    issuer_is_fhir_base: bool = False
    keys: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = field(default=())


PRESETS: Mapping[str, Preset] = {
    "epic": Preset(
        title="Epic",
        issuer_from="the FHIR base URL of the health system's Epic, as its analyst types it for the `iss` of "
        "CDS Hooks calls",
        jwks_from="the `jku` of its tokens: .../api/epic/2019/Security/Open/PublicKeys/... at the same server",
        algorithms=("RS384",),
        issuer_is_fhir_base=True,
        notes=(
            "At Epic, `aud` and `iss` are typed by hand in each health system, and `iss` has to be the issuer above.",
            "Epic signs for 900 seconds: leave IGRT_CDS_TOKEN_LIFETIME at 900 or more.",
        ),
    ),
    "oracle": Preset(
        title="Oracle Health (Cerner)",
        issuer="https://cds-hooks.cerner.com",
        jwks_from="the `jku` of its tokens; https://authorization.cerner.com/jwk lists those in use",
        notes=(
            "All health systems of this vendor have one issuer: only the tenant tells them apart.",
            "Before you register a `jku`, see that https://authorization.cerner.com/jwk lists it.",
        ),
    ),
    "inferno": Preset(
        title="Inferno, Da Vinci CRD test kit",
        issuer="https://inferno.healthit.gov/suites/custom/crd_server",
        jwks_url="{issuer}/jwks.json",
        notes=("For another suite or an Inferno of your own give --issuer; the run shows it as ISS.",),
    ),
    "sandbox": Preset(
        title="CDS Hooks sandbox",
        issuer=sandbox.ISSUER,
        jwks_url=sandbox.JWKS_URL,
        algorithms=("ES384",),
        keys=(sandbox.PUBLIC_KEY,),
        notes=("For development on this machine only: the private key of this issuer is public.",),
    ),
    "generic": Preset(
        title="Any CDS Hooks client",
        issuer_from="the `iss` of its tokens",
        jwks_from="the `jku` of its tokens",
    ),
}
