"""Findings of the kind not-necessary beside corrections, invalid codes and documents: M-2, M-3, M-10."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_settle import ON_77387, REMOVE, REVIEW, TO_G6002, concern
from tests.engine.world import engine, rule, speaking, world

ATTEST = [{"action": "attest-indication", "indications": ["a"]}]


@pytest.mark.parametrize("change", [REMOVE, TO_G6002], ids=["remove", "replace"])
def test_a_service_that_is_needed_only_for_a_reason_is_asked_about_beside_it(
    tmp_path: Path, change: Any
) -> None:
    made = engine(
        tmp_path,
        rule("goes", kind="bundling", severity="critical", remedies=change),
        rule("unneeded", kind="not-necessary", remedies=[*ATTEST, *REMOVE]),
    )
    assert speaking(made.evaluate(world("77387"))) == [["goes"], ["unneeded"]]


def test_a_service_that_is_not_needed_goes_and_is_not_replaced(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("other-code", kind="code-choice-by-payer", severity="critical", remedies=TO_G6002),
        rule("unneeded", kind="not-necessary", remedies=REMOVE),
    )
    assert speaking(made.evaluate(world("77387"))) == [["unneeded"]]


def test_what_may_not_be_needed_gives_way_to_a_correction(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("other-code", kind="code-choice-by-payer", remedies=TO_G6002),
        rule(
            "unneeded",
            kind="not-necessary",
            severity="critical",
            caps=[{"when": {"code": {"is": "77387"}}, "at_most": "info"}],
            remedies=REMOVE,
        ),
    )
    assert speaking(made.evaluate(world("77387"))) == [["other-code"]]


@pytest.mark.parametrize("capped", [False, True], ids=["surely", "perhaps"])
def test_guidance_that_is_not_needed_has_no_documents_even_under_an_invalid_code(
    tmp_path: Path, capped: bool
) -> None:
    caps = {"caps": [{"when": {"code": {"is": "77387"}}, "at_most": "info"}]} if capped else {}
    made = engine(
        tmp_path,
        rule("invalid", ON_77387, kind="code-effective-date", remedies=TO_G6002),
        rule("unneeded", ON_77387, kind="not-necessary", severity="critical", remedies=REMOVE, **caps),
        concern("documents"),
    )
    left = [["documents"]] if capped else []
    assert speaking(made.evaluate(world("77387"))) == [["invalid"], ["unneeded"], *left]


def test_guidance_that_may_be_needed_keeps_its_documents(tmp_path: Path) -> None:
    unneeded = rule("unneeded", ON_77387, kind="not-necessary", remedies=[*REMOVE, *ATTEST])
    made = engine(tmp_path, unneeded, concern("documents"))
    assert speaking(made.evaluate(world("77387"))) == [["unneeded"], ["documents"]]


@pytest.mark.parametrize("change", [REVIEW, TO_G6002], ids=["review", "replace"])
def test_what_is_not_needed_is_said_beside_an_invalid_code(tmp_path: Path, change: Any) -> None:
    made = engine(
        tmp_path,
        rule("invalid", ON_77387, kind="code-effective-date", remedies=change),
        rule("unneeded", kind="not-necessary", severity="critical", remedies=REMOVE),
    )
    assert speaking(made.evaluate(world("77387"))) == [["invalid"], ["unneeded"]]


def test_guidance_that_one_of_two_rules_surely_removes_has_no_documents(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule("look", ON_77387, kind="bundling", remedies=[*REMOVE, *REVIEW]),
        rule("sure", ON_77387, kind="same-day-exclusion", remedies=REMOVE),
        concern("documents"),
    )
    assert speaking(made.evaluate(world("77387"))) == [["look", "sure"]]


def test_what_is_asked_about_guidance_stays_on_a_claim_without_any(tmp_path: Path) -> None:
    case = world("77387")
    case.units[0].lines[0].is_guidance = False
    made = engine(tmp_path, rule("goes", kind="bundling", remedies=REMOVE), concern("documents"))
    assert speaking(made.evaluate(case)) == [["goes"], ["documents"]]
