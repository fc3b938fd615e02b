"""Which guidance lines keep a date, so that another one needs no successor (EXT-01 f)."""

from __future__ import annotations

from itertools import permutations

import pytest

from cds_service.books import standard_library
from cds_service.facts.line_facts import guidance_that_keeps_the_date
from cds_service.facts.views import CaseView
from tests.facts.build import ICD10, Json, case, claim, coded, item, order, technique, view

DAY: Json = {"occurrenceDateTime": "2026-01-05"}


def guidance(code: str, id: str, how: str, diagnosis: str = "C61") -> Json:
    told = {"extension": [technique(None, local=how)], "reasonCode": [coded(diagnosis, ICD10)]}
    return order(code, id, **DAY, **told)


def remedies(*orders: Json) -> dict[str, set[str]]:
    """What EXT-01 wants done with each order."""
    library = standard_library()
    found = library.findings(CaseView(case(*orders), library.knowledge))
    return {f.unit.partition("/")[2]: {r.action for r in f.remedies} for f in found if "EXT-01" in f.rules}


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ("sbrt", "remove-line"),
        ("srs", "remove-line"),
        ("superficial", "remove-line"),
        ("brachytherapy", "review"),
    ],
)
def test_guidance_of_a_date_without_77387_keeps_it_for_nobody(how: str, what: str) -> None:
    other, mine = guidance("77014", "other", how, "C34.11"), guidance("G6002", "own", "3dcrt")
    for orders in permutations([other, mine]):
        assert remedies(*orders) == {"other": {what}, "own": {"replace"}}


def test_of_guidance_alike_the_same_one_keeps_the_date_however_they_are_sent() -> None:
    one, two = guidance("77014", "one", "3dcrt"), guidance("G6002", "two", "3dcrt")
    for orders in permutations([one, two]):
        assert remedies(*orders) == {"one": {"replace"}, "two": {"remove-line"}}


def test_one_of_several_techniques_may_keep_the_date() -> None:
    both = guidance("77014", "a", "3dcrt")
    both["extension"].append(technique(None, local="sbrt"))
    assert remedies(both, guidance("G6002", "b", "3dcrt")) == {"a": {"replace"}, "b": {"remove-line"}}


def test_a_hint_of_stereotactic_treatment_lets_the_date_be_kept() -> None:
    codes = ["77014", "G6002", "77435"]
    made = view(claim(*[item(code, n, day="2026-01-05") for n, code in enumerate(codes, 1)]))
    kept = {line.code: [o.code for o in guidance_that_keeps_the_date(line)] for line in made.lines}
    assert kept["G6002"] == ["77014"]
    firm = view(claim(*[item(code, n, day="2026-01-05") for n, code in enumerate([*codes, "77373"], 1)]))
    assert [guidance_that_keeps_the_date(line) for line in firm.lines[:2]] == [(), ()]
