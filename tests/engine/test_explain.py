"""What became of what each rule said: kept, merged or silenced, by which rule and which convention."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from cds_service.books import POLICIES, Library, load_library
from cds_service.engine.explain import explain_case, with_doubt
from cds_service.facts.given import build_case
from cds_service.facts.views import CaseView
from tests.conftest import ROOT

Entry = dict[str, Any]


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library((POLICIES, ROOT / "docs" / "examples"))


def explained(
    library: Library, given: Mapping[str, Any], rule: str = "", day: date | None = None
) -> list[Entry]:
    return explain_case(library.engine, CaseView(build_case(given, day), library.knowledge), rule)


def settled(entries: list[Entry], rule: str, line: str = "", policy: str = "") -> Entry:
    """What became of what the rule said of the line; of two policies with such a rule, the one that is named."""
    (entry, *_) = [
        e
        for e in entries
        if e["spoke"] and e["rule"] == rule and e["line"].startswith(line) and e["policy"].startswith(policy)
    ]
    return dict(entry["settled"])


HOSPITAL_IMRT = {
    "payer": "medicare",
    "line_of_business": "medicare",
    "claim_type": "institutional",
    "lines": ["77386", "77387-TC"],
}


def test_a_finding_that_is_shown_as_it_is(library: Library) -> None:
    given = HOSPITAL_IMRT | {"payer": "medicare-ffs"}
    found = settled(explained(library, given), "technical-77387-inside-imrt-delivery")
    assert found["outcome"] == "kept"
    assert found["says"] == "shown as it is"
    assert found["finding"] == "critical bundling: remove-line 77387"


def test_m_1_names_the_rules_of_the_same_finding(library: Library) -> None:
    given = {
        "payer": "gulf-palms",
        "claim_type": "professional",
        "place_of_service": "22",
        "lines": ["G6002"],
    }
    entries, rule = explained(library, given), "hospital-physician-guidance-without-26"
    ours = settled(entries, rule, policy="gulf-palms")
    assert (ours["outcome"], ours["convention"]) == ("merged", "M-1")
    assert ours["by"] == ["astro.modifiers.hospital-physician-guidance-without-26@2015-01-01"]
    theirs = settled(entries, rule, policy="astro")
    assert theirs["by"] == ["gulf-palms.guidance.hospital-physician-guidance-without-26@2023-07-01"]
    assert theirs["finding"] == ours["finding"] == "critical modifier: add-modifier G6002 26"


def test_m_2_names_the_rule_that_removes_the_line(library: Library) -> None:
    """A hospital's guidance with stereotactic delivery goes; the hint of Florida Blue about it is not needed."""
    given = {
        "payer": "florida-blue",
        "claim_type": "institutional",
        "lines": ["77373", "77387-TC"],
    }
    entries = explained(library, given)
    hint = settled(entries, "guidance-integral-to-stereotactic-treatment", "77387")
    assert (hint["outcome"], hint["convention"]) == ("silenced", "M-2")
    assert hint["by"] == ["astro.components.technical-guidance-with-stereotactic-delivery@2015-01-01"]
    assert "which removes or replaces the line or one that it counted (M-2)" in hint["says"]
    assert "finding" not in hint


def test_m_3_names_the_rules_that_remove_all_guidance(library: Library) -> None:
    given = {
        "payer": "florida-blue",
        "claim_type": "institutional",
        "documents": [],
        "lines": ["77386", "77387-TC"],
    }
    entries = explained(library, given)
    document = settled(entries, "plan-of-treatment-not-on-file")
    assert (document["outcome"], document["convention"]) == ("silenced", "M-3")
    assert document["by"] == ["astro.components.technical-77387-inside-imrt-delivery@2015-01-01"]
    assert "every guidance line is to be removed (M-3)" in document["says"]


def test_m_10_names_the_validity_rule(library: Library) -> None:
    given = {
        "payer": "gulf-palms",
        "claim_type": "institutional",
        "date": "2026-02-02",
        "lines": ["77402", {"code": "G6017", "units": 3, "fractions": 1}],
    }
    units = settled(explained(library, given), "more-guidance-units-than-the-plan-takes")
    assert (units["outcome"], units["convention"]) == ("silenced", "M-10")
    assert units["by"] == ["cms.validity.guidance-code-ended-2025@2026-01-01"]
    assert "the code is not valid on its date" in units["says"]


def test_a_rule_that_is_overridden_names_the_one_that_overrides_it(library: Library) -> None:
    given = {
        "payer": "gulf-palms",
        "claim_type": "professional",
        "place_of_service": "11",
        "date": "2025-09-03",
        "diagnoses": ["C50.912"],
        "breath_hold": "yes",
        "lines": ["77386", "77387", "G6017"],
    }
    entries = explained(library, given)
    for rule in ("tracking-beside-other-guidance", "tracking-beside-77387"):
        found = settled(entries, rule, "G6017")
        assert (found["outcome"], found["convention"]) == ("silenced", "overrides")
        assert found["by"] == ["gulf-palms.guidance.tracking-for-breath-hold-of-the-left-breast@2023-07-01"]
        assert found["says"].endswith("which overrides it")


def test_what_is_said_once_a_date_is_said_with_one_line(library: Library) -> None:
    given = {
        "payer": "medicare-ffs",
        "line_of_business": "medicare",
        "claim_type": "institutional",
        "lines": ["77402", "77412"],
        "records": [{"date": "2024-06-03", "method": ["ct"], "technique": ["3dcrt"]}],
    }
    entries = [e for e in explained(library, given) if e["rule"] == "guided-conventional-date-without-77387"]
    outcomes = sorted(e["settled"]["outcome"] for e in entries if e["spoke"])
    assert outcomes == ["kept", "said-once"]


def test_the_step_and_the_cap_that_decide_the_severity(library: Library) -> None:
    rule = "technical-77387-inside-imrt-delivery"
    given = HOSPITAL_IMRT | {"payer": "medicare-ffs"}
    (entry,) = [e for e in explained(library, given, rule) if e["spoke"]]
    severity = entry["severity"]
    assert (severity["said"], severity["why"]) == ("critical", "step 1")
    (step,) = severity["steps"]
    assert (step["then"], step["truth"]) == ("critical", "true")
    told = {(row["text"], row["value"], row["truth"]) for row in step["conditions"]}
    assert ("medicare is yes", "yes", "true") in told
    (cap,) = severity["caps"]
    assert (cap["then"], cap["truth"]) == ("info at most", "false")

    (other,) = [e for e in explained(library, given | {"payer": "other", "line_of_business": "commercial"}, rule)
                if e["spoke"]]  # fmt: skip
    assert (other["severity"]["said"], other["severity"]["why"]) == ("warning", "otherwise")
    assert [s["truth"] for s in other["severity"]["steps"]] == ["false"]

    two = given | {"lines": ["77386", "77412", "77387-TC"]}
    (capped,) = [e for e in explained(library, two, rule) if e["spoke"]]
    assert capped["severity"]["said"] == "info"
    assert capped["severity"]["caps"][0]["truth"] == "true"
    assert capped["settled"]["finding"].startswith("info bundling")


def test_the_step_that_decides_the_remedies(library: Library) -> None:
    rule = "hospital-reports-method-code-with-conventional-delivery"
    given = {"payer": "medicare-ffs", "line_of_business": "medicare", "claim_type": "institutional"}
    (one,) = [e for e in explained(library, given | {"lines": ["77412", "G6002"]}, rule) if e["spoke"]]
    assert one["remedies"]["said"] == "replace to 77387-TC"
    assert one["remedies"]["why"] == "otherwise"
    entries = explained(library, given | {"lines": ["77412", "G6002", "G6001"]}, rule)
    said = {
        e["line"].split()[0]: (e["remedies"]["said"], e["remedies"]["why"]) for e in entries if e["spoke"]
    }
    assert ("remove-line", "step 1") in said.values()
    assert ("replace to 77387-TC", "otherwise") in said.values()


def test_a_question_is_info_and_a_review(library: Library) -> None:
    given = {"payer": "gulf-palms", "lines": ["77387"]}
    (entry,) = [
        e for e in explained(library, given, "no-reason-coded-for-conventional-treatment") if e["spoke"]
    ]
    assert entry["truth"] == "unknown"
    for part in ("severity", "remedies"):
        assert entry[part]["why"] == "it asks, because something is not known"
    assert (entry["severity"]["said"], entry["remedies"]["said"]) == ("info", "review")


def test_nested_conditions_show_the_lines_that_met_them(library: Library) -> None:
    rule = "global-77387-beside-cpt-imrt-delivery-in-freestanding"
    given = {
        "payer": "other",
        "line_of_business": "commercial",
        "claim_type": "professional",
        "place_of_service": "11",
        "lines": ["77402", "77387", "77386"],
    }
    (entry,) = [e for e in explained(library, given, rule) if e["line"].startswith("77387")]
    rows = entry["conditions"]
    at = next(n for n, row in enumerate(rows) if row["text"].startswith("biller_lines_of_date some"))
    assert rows[at]["truth"] == "true"
    assert rows[at + 1] == {
        "text": "77386 2024-06-03",
        "value": "",
        "truth": "true",
        "depth": rows[at]["depth"] + 1,
    }
    assert (rows[at + 2]["text"], rows[at + 2]["truth"]) == ("77402 2024-06-03", "false")
    assert rows[at + 3] == {
        "text": "code in [77385, 77386]",
        "value": "77402",
        "truth": "false",
        "depth": rows[at]["depth"] + 2,
    }


def test_of_many_lines_a_few_are_shown_and_the_rest_counted(library: Library) -> None:
    given = {"payer": "florida-blue", "documents": [], "lines": ["77387", *["77402"] * 6]}
    (entry,) = explained(library, given, "florida-blue.documents.plan-of-treatment-not-on-file")
    at = next(n for n, row in enumerate(entry["conditions"]) if row["text"].startswith("lines_of_claim some"))
    shown = entry["conditions"][at + 1 :]
    assert shown[0]["text"] == "77387 2024-06-03"
    assert {"text": "and 3 more lines", "value": "", "truth": "false", "depth": shown[0]["depth"]} in shown


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"payer": "other"}, "does not apply to this member"),
        ({"payer": "florida-blue", "line_of_business": "fep"}, "does not apply to this member"),
        ({"payer": "florida-blue", "date": "2016-04-30"}, "is not in force on the date"),
        ({"payer": "florida-blue", "hook": "order"}, "is not asked on this hook"),
    ],
)
def test_a_rule_that_was_not_asked_says_why(library: Library, given: Entry, reason: str) -> None:
    rule = "plan-of-treatment-not-on-file"
    case = given | {"documents": [], "lines": ["77387"]}
    (entry,) = explained(library, case, rule)
    assert entry["not_asked"] == reason
    assert not entry["spoke"]
    assert "settled" not in entry
    assert explained(library, case | {"payer": "florida-blue", "line_of_business": "commercial", "hook": "claim",
                                      "date": "2024-06-03"}, rule)[0]["spoke"]  # fmt: skip
    assert rule not in {e["rule"] for e in explained(library, case)}


def test_of_several_versions_the_one_in_force_is_explained(library: Library) -> None:
    given = {"payer": "gulf-palms", "claim_type": "professional", "date": "2025-07-01",
             "lines": [{"code": "77387", "units": 2, "fractions": 1}]}  # fmt: skip
    rule = "gulf-palms.guidance.more-guidance-units-than-the-plan-takes"
    (entry,) = explained(library, given, rule)
    assert entry["in_force"] == "from 2025-07-01 on, by line date"
    assert "not_asked" not in entry


def test_every_shown_finding_has_a_rule_that_was_kept_or_merged(library: Library) -> None:
    given = {
        "payer": "florida-blue",
        "claim_type": "professional",
        "place_of_service": "22",
        "documents": [],
        "method": ["ct"],
        "lines": ["77386", "77387", "G6017-26", "G6001"],
    }
    case = CaseView(build_case(given, None), library.knowledge)
    names = {name for finding in library.engine.evaluate(case) for name in finding.rule_names}
    shown = {
        f"{e['policy']}.{e['rule']}"
        for e in explain_case(library.engine, case)
        if e["spoke"] and e["settled"]["outcome"] in ("kept", "merged")
    }
    assert {name.partition("@")[0] for name in names} == shown
    assert any(
        e["settled"]["outcome"] == "silenced" for e in explain_case(library.engine, case) if e["spoke"]
    )


def entry(rule: str, finding: str = "") -> Entry:
    """Of a rule that spoke to a finding, or kept silent."""
    made: Entry = {
        "unit": "Claim/c1",
        "line": "77014 2024-06-03",
        "policy": "p",
        "rule": rule,
        "in_force": "always",
    }
    return made | ({"spoke": True, "settled": {"finding": finding}} if finding else {"spoke": False})


def test_doubt_is_told_where_it_changes_what_a_rule_comes_to() -> None:
    entries = [entry("same", "info"), entry("needs", "critical"), entry("silenced"), entry("silent")]
    without = [entry("same", "info"), entry("needs"), entry("silenced", "warning"), entry("silent")]
    told = with_doubt(entries, [*without, entry("not-asked", "warning"), entry("neither")])
    assert {e["rule"]: e.get("doubt") for e in told} == {
        "same": None,
        "needs": "nothing is shown",
        "silenced": "warning",
        "silent": None,
        "not-asked": "warning",
    }


def test_doubt_tells_lines_of_one_code_and_day_apart() -> None:
    told = with_doubt([entry("r", "critical"), entry("r")], [entry("r", "critical"), entry("r", "info")])
    assert [e.get("doubt") for e in told] == [None, "info"]
