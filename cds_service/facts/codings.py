"""Codes that say one service, so that codings of one order in them are translations (contract section 3, lines)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from cds_service.engine.catalogue import Catalogue
from cds_service.facts.codes import BillingCode

T = TypeVar("T")

_SERVICES: Mapping[str, str] = {
    "image_guidance": "guidance",
    "surface_guidance": "guidance",
    # From 2026 IMRT is delivered under the codes of other linac treatment (EXT-01).
    "delivery_external": "linac delivery",
    "delivery_imrt": "linac delivery",
    "delivery_stereotactic": "stereotactic delivery",
    "delivery_superficial": "superficial delivery",
    "delivery_neutron": "neutron delivery",
    "delivery_proton": "proton delivery",
    "delivery_iort": "intraoperative delivery",
    "brachytherapy": "brachytherapy",
}
"""By the families of codes.csv. Codes of planning, dosimetry and devices say services of their own each."""


def say_one_service(one: str, other: str, catalogue: Catalogue) -> bool:
    """Whether two codes say the same: both guidance, or both delivery of one kind."""
    services = [_SERVICES.get(entry.family) for code in (one, other) if (entry := catalogue.code(code))]
    return len(services) == 2 and services[0] is not None and services[0] == services[1]


def without_lapsed(
    options: Sequence[tuple[BillingCode, T]], first: date, last: date, catalogue: Catalogue
) -> list[tuple[BillingCode, T]]:
    """Likely codes of an order from `first` to `last`, without those that cannot be reported on one of these days while
    another one for the same service can on both: nothing has to be corrected there, the other one is meant."""

    def valid(code: str) -> bool:
        return catalogue.valid_on(code, first) and catalogue.valid_on(code, last)

    sound = [option.code for option, _ in options if valid(option.code)]
    return [
        (option, place)
        for option, place in options
        if valid(option.code) or not any(say_one_service(option.code, code, catalogue) for code in sound)
    ]
