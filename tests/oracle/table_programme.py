"""Column CV of the decision table: members of the CVS programme with several payers.

Where the column says "as FB" the cells of the payer's own column are asked again for a member of the programme.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.oracle.model import Record
from tests.oracle.table import (
    BY_METHOD,
    DAY,
    DAY_2026,
    Case,
    Place,
    Wrong,
    case,
    office_cells,
    physician_cells,
    remove_line,
    silent_cells,
)

PAYERS = ("aetna", "florida-blue", "medicare-ffs")
_SIDES = {
    "hospital": ("77387-TC", "77387", "77014", "G6002-TC", "G6017"),
    "physician": ("77387-26", "77014-26", "G6001-26", "G6002-26", "G6017"),
    "office": ("77387", "77387-26", "77014", "G6001", "G6002", "G6017"),
}
_ATTEST_BONE = "attest-indication close-to-critical-structure,prior-irradiation-adjacent"
_ATTEST_BRAIN = "attest-indication hippocampal-sparing"


def programme_cases() -> Iterator[Case]:
    """Every cell of column CV with its right codes and its wrong neighbours."""
    for built in (
        physician_cells("O", "aetna"),
        office_cells("FB", "florida-blue"),
        silent_cells("O", "aetna"),
    ):
        yield from (_necessary(one) for one in built if not one.scenario.name.startswith("srs/sbrt"))
    for payer in PAYERS:
        yield from _never(payer)
    yield from _conventional_hospital("aetna")
    yield from _if_necessary("aetna")


def _member(one: Case, **more: Any) -> Case:
    name = f"CV {one.scenario.name} {' '.join(str(value) for value in more.values())}".strip()
    return replace(one, scenario=replace(one.scenario, name=name, programme=True, **more))


def _necessary(one: Case) -> Case:
    """The same claim for a member; conventional delivery is coded as curative 3D-CRT (CVS-06)."""
    if one.scenario.name.startswith(("conventional", "cpt delivery office 77412")):
        records = (Record("course", None, (), ("3dcrt",)),)
        return replace(
            _member(one), scenario=replace(_member(one).scenario, records=records, intent="curative")
        )
    return _member(one)


def _never(payer: str) -> Iterator[Case]:
    """SRS/SBRT (CVS-14), superficial (CVS-16) and electron (CVS-17): no guidance line on any side, any modifier."""
    for side, lines in _SIDES.items():
        for technique, delivery in (("srs", "77372"), ("sbrt", "77373"), ("sbrt", "G0339")):
            place = Place(technique, side, delivery)
            yield _member(case(payer, place, ""))
            for line in lines:
                yield _member(case(payer, place, line, remove_line(line.split("-")[0], "critical")))
        superficial = Place("superficial", side, "77401")
        electron = Place("electron", side, "G6012" if side == "office" else "77412", coded="electron")
        for place in (superficial, electron):
            yield _member(case(payer, place, ""))
            for line in lines:
                wrong = remove_line(line.split("-")[0], "critical", "not-necessary")
                yield _member(case(payer, place, line, wrong))
        now = "77387" if side == "hospital" else "77387-26"
        stereotactic = Place("sbrt", side, "77373", DAY_2026)
        yield _member(case(payer, stereotactic, now, remove_line("77387", "critical")))
        for technique, delivery, coded in (("superficial", "77437", None), ("electron", "77412", "electron")):
            place = Place(technique, side, delivery, DAY_2026, coded)
            wrong = remove_line("77387", "critical", "not-necessary")
            yield _member(case(payer, place, now, wrong))
        guided = "77439-26" if side == "physician" else "77439"
        yield _member(case(payer, Place("superficial", side, "77437", DAY_2026), guided))


def _conventional_hospital(payer: str) -> Iterator[Case]:
    for delivery in ("77402", "77407", "77412"):
        place = Place("conventional", "hospital", delivery, coded="3dcrt")
        for line in ("77387-TC", "77387"):
            yield _member(case(payer, place, line), intent="curative")


def _if_necessary(payer: str) -> Iterator[Case]:
    """CVS-06 to CVS-10 and CVS-18 on conventional dates; IMRT, proton and brachytherapy are necessary as they are."""
    for coded in ("3dcrt", "2d"):
        for side, line in (("hospital", "77387-TC"), ("physician", "77014-26"), ("office", "77014")):
            place = Place(coded, side, "G6012" if side == "office" else "77412", DAY, coded)
            yield from _photons(payer, place, line)
    for delivery, technique in (("77386", "imrt"), ("77523", "proton")):
        place = Place(technique, "physician", delivery)
        for line in (f"{code}-26" for code in BY_METHOD):
            yield _member(case(payer, place, line), intent="palliative", diagnosis="C79.51", indications=())
            yield _member(case(payer, place, line), intent="palliative", whole_brain=True, indications=())


def _photons(payer: str, place: Place, line: str) -> Iterator[Case]:
    remove = f"remove-line {line.split('-')[0]}"
    bone = Wrong("not-necessary", "warning", frozenset({_ATTEST_BONE, remove}))
    brain = Wrong("not-necessary", "warning", frozenset({_ATTEST_BRAIN, remove}))
    near, close = ("prior-irradiation-adjacent",), ("close-to-critical-structure",)

    def asked(wrong: Wrong | None = None, **more: Any) -> Case:
        return _member(case(payer, place, line, wrong), **more)

    yield asked(intent="palliative", indications=near)
    for intent in ("palliative", None):
        yield asked(bone, intent=intent, diagnosis="C79.51", indications=())
        yield asked(brain, intent=intent, whole_brain=True, indications=())
    for reason in (near, close):
        yield asked(intent="palliative", diagnosis="C79.51", indications=reason)
        yield asked(intent="palliative", whole_brain=True, indications=reason)
    yield asked(intent="palliative", whole_brain=True, indications=("hippocampal-sparing",))
    yield asked(intent="curative", diagnosis="C79.51", indications=())
    yield asked(intent="curative", whole_brain=True, indications=())
    yield asked(intent="curative", diagnosis="D32.0", indications=())
