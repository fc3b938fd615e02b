"""The services that this server offers, one row each (contract section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CLAIM_HOOK = "org.igrt-cds.claim-submit"

TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "coverage": "Coverage?patient={{context.patientId}}&status=active",
    "conditions": "Condition?patient={{context.patientId}}",
    "procedures": "Procedure?patient={{context.patientId}}",
    "serviceRequests": "ServiceRequest?patient={{context.patientId}}",
    "documents": "DocumentReference?patient={{context.patientId}}",
    "claimHistory": "Claim?patient={{context.patientId}}",
    "questionnaireResponses": "QuestionnaireResponse?subject=Patient/{{context.patientId}}",
}
"""Prefetch templates by key (contract section 2); the same queries are asked of a FHIR server."""
_ORDER_KEYS = (
    "patient",
    "coverage",
    "conditions",
    "procedures",
    "serviceRequests",
    "documents",
    "claimHistory",
    "questionnaireResponses",
)
_CLAIM_KEYS = (
    "patient",
    "coverage",
    "conditions",
    "procedures",
    "documents",
    "claimHistory",
    "questionnaireResponses",
)


@dataclass(frozen=True, slots=True)
class Service:
    """One CDS service: what discovery says of it and where its resources stand in the context.

    `bundle` is the context member with a Bundle of them. With `by_reference` the orders under review are only
    named: in `basedOn` of the Appointments of that Bundle, or without a Bundle in `dispatchedOrders` and its kin
    (`request.named`). `user` says whether the hook's context has the REQUIRED `userId`.
    """

    id: str
    hook: str
    kind: str
    title: str
    description: str
    bundle: str
    reviewed: frozenset[str]
    keys: tuple[str, ...]
    selections: bool = False
    system_actions: bool = False
    by_reference: bool = False
    user: bool = True

    def entry(self) -> dict[str, Any]:
        """The service's entry in the discovery answer."""
        return {
            "hook": self.hook,
            "title": self.title,
            "description": self.description,
            "id": self.id,
            "prefetch": {key: TEMPLATES[key] for key in self.keys},
            "usageRequirements": (
                "Advisory only. Coverage is required, by prefetch or contained in the request"
                f"{'; so are the orders that the context names' if self.by_reference else ''}; "
                "everything else improves the advice."
            ),
            "version": "2.0.1",
        }


def services(claim_hook: str = CLAIM_HOOK) -> Mapping[str, Service]:
    """All services by id. `claim_hook` is the hook's name, which a site may put into its own domain."""
    table = (
        Service(
            id="igrt-order-select",
            hook="order-select",
            kind="order",
            title="IGRT order review while choosing",
            description=(
                "Reads the selected radiotherapy orders and says which image guidance code, indication "
                "or document the member's payer asks for."
            ),
            bundle="draftOrders",
            reviewed=frozenset({"ServiceRequest"}),
            keys=_ORDER_KEYS,
            selections=True,
        ),
        Service(
            id="igrt-order-sign",
            hook="order-sign",
            kind="order",
            title="IGRT order review at signing",
            description=(
                "Reads the radiotherapy orders being signed and says which image guidance code, indication "
                "or document the member's payer asks for."
            ),
            bundle="draftOrders",
            reviewed=frozenset({"ServiceRequest"}),
            keys=_ORDER_KEYS,
            system_actions=True,
        ),
        Service(
            id="igrt-order-dispatch",
            hook="order-dispatch",
            kind="order",
            title="IGRT order review at dispatch",
            description=(
                "Reads the radiotherapy orders being sent to a performer and says which image guidance code, "
                "indication or document the member's payer asks for."
            ),
            bundle="",
            reviewed=frozenset({"ServiceRequest"}),
            keys=_ORDER_KEYS,
            system_actions=True,
            by_reference=True,
            user=False,
        ),
        Service(
            id="igrt-appointment-book",
            hook="appointment-book",
            kind="order",
            title="IGRT order review at booking",
            description=(
                "Reads the radiotherapy orders that the appointments are based on and says which image guidance "
                "code, indication or document the member's payer asks for."
            ),
            bundle="appointments",
            reviewed=frozenset({"ServiceRequest"}),
            keys=_ORDER_KEYS,
            system_actions=True,
            by_reference=True,
        ),
        Service(
            id="igrt-claim-review",
            hook=claim_hook,
            kind="claim",
            title="IGRT claim review before sending",
            description=(
                "Reads claims that are about to be sent and says which image guidance line, code or modifier "
                "conflicts with the rules of the payer that governs on the date of service."
            ),
            bundle="claims",
            reviewed=frozenset({"Claim"}),
            keys=_CLAIM_KEYS,
        ),
    )
    return {service.id: service for service in table}
