"""Codes that say one service, so that codings of one order in them are translations (contract section 3, lines)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar

from cds_service.engine.catalogue import Catalogue
from cds_service.facts.codes import BillingCode
from cds_service.facts.derive import NEUTRAL_LEVELS_FROM

T = TypeVar("T")

_SERVICES: Mapping[str, str] = {
    "image_guidance": "guidance",
    "surface_guidance": "guidance",
    "delivery_external": "linac delivery",
    "delivery_imrt": "IMRT delivery",
    "delivery_stereotactic": "stereotactic delivery",
    "delivery_superficial": "superficial delivery",
    "delivery_neutron": "neutron delivery",
    "delivery_proton": "proton delivery",
    "delivery_iort": "intraoperative delivery",
    "brachytherapy": "brachytherapy",
}
"""By the families of codes.csv. Codes of planning, dosimetry and devices say services of their own each."""


def say_one_service(one: str, other: str, first: date, catalogue: Catalogue) -> bool:
    """Whether two codes of an order whose days begin with `first` say the same: both guidance, or both delivery of one
    kind."""
    service = _service(one, first, catalogue)
    return service is not None and service == _service(other, first, catalogue)


def _service(code: str, first: date, catalogue: Catalogue) -> str | None:
    entry = catalogue.code(code)
    if entry is None:
        return None
    # From 2026 IMRT is delivered under the codes of other linac treatment (EXT-01); before, it has its own.
    imrt_is_linac = first >= NEUTRAL_LEVELS_FROM and entry.family == "delivery_imrt"
    return _SERVICES.get("delivery_external" if imrt_is_linac else entry.family)


def without_lapsed(
    options: Sequence[tuple[BillingCode, T]], first: date, last: date, catalogue: Catalogue
) -> list[tuple[BillingCode, T]]:
    """Likely codes of an order from `first` to `last`, without those that can be reported on neither of these days
    while another one for the same service can on both: nothing has to be corrected there, the other one is meant."""
    days = (first, last)
    sound = [o.code for o, _ in options if all(catalogue.valid_on(o.code, day) for day in days)]
    return [
        (option, place)
        for option, place in options
        if any(catalogue.valid_on(option.code, day) for day in days)
        or not any(say_one_service(option.code, code, first, catalogue) for code in sound)
    ]
