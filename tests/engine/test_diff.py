"""What a change of the example payer's files changes, in words, by rule, code and date."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cds_service.books import POLICIES, load_library
from cds_service.engine.changes import Change
from cds_service.engine.diff import changes_between
from cds_service.engine.rules import Book
from tests.conftest import ROOT

EXAMPLES = ROOT / "docs" / "examples"
GUIDANCE, SOURCES, SCOPE = "guidance.policy.yaml", "sources.yaml", "scope.policy.yaml"
UNITS = "gulf-palms.guidance.more-guidance-units-than-the-plan-takes"


@pytest.fixture(scope="module")
def old() -> Book:
    return load_library((POLICIES, EXAMPLES)).engine.book


def changed(folder: Path, *edits: tuple[str, str, str]) -> Book:
    """The book after some edits of the example payer, each (file, old text, new text), once."""
    shutil.copytree(EXAMPLES / "gulf-palms", folder / "gulf-palms")
    for file, before, after in edits:
        path = folder / "gulf-palms" / file
        text = path.read_text("utf-8")
        assert before in text, before
        path.write_text(text.replace(before, after, 1), "utf-8")
    return load_library((POLICIES, folder)).engine.book


def only(old: Book, new: Book) -> Change:
    (change,) = changes_between(old, new)
    assert change.who == "Gulf Palms Health Plan"
    return change


def told(change: Change) -> list[tuple[str, ...]]:
    return [
        (str(d.days.first if d.days else None), str(d.days.last if d.days else None), *d.says)
        for d in change.details
    ]


def test_the_same_files_are_no_change(old: Book, tmp_path: Path) -> None:
    assert changes_between(old, changed(tmp_path)) == []


def test_comments_and_the_order_of_conditions_are_no_change(old: Book, tmp_path: Path) -> None:
    new = changed(
        tmp_path,
        (GUIDANCE, "policy: gulf-palms.guidance", "# A comment.\npolicy: gulf-palms.guidance"),
        (
            GUIDANCE,
            "      code: {in: {set: split-guidance}}\n      side: {is: physician-in-hospital}\n",
            "      side: {is: physician-in-hospital}\n      code: {in: {set: split-guidance}}\n",
        ),
    )
    assert new.fingerprint != old.fingerprint
    assert changes_between(old, new) == []


def test_a_severity_with_its_rule_codes_and_days(old: Book, tmp_path: Path) -> None:
    change = only(old, changed(tmp_path, (GUIDANCE, "severity: critical", "severity: warning")))
    assert (change.what, change.change) == ("rule", "changed")
    assert change.name == "gulf-palms.guidance.hospital-physician-guidance-without-26"
    assert change.codes == ("77014", "77387", "G6001", "G6002")
    assert told(change) == [("2023-07-01", "None", "severity: before “critical”, now “warning”")]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("side: {is: physician-in-hospital}", "side: {is: freestanding}",
         "when: before “side is physician-in-hospital”, now “side is freestanding”"),
        ("modifiers: {has_none: [26, TC]}", "modifiers: {has_none: [26]}", "when: modifiers has none: no longer TC"),
        ("modifiers: {has_none: [26, TC]}", "units: {at_least: 1}", None),
        ("code: {in: {set: split-guidance}}", "code: {in: [77014, 77387, G6001, G6002, G6017]}",
         "when: code in: now also G6017"),
        ("      modifiers: {has_none: [26, TC]}", "      modifiers: {has_none: [26, TC]}\n      units: {more_than: 1}",
         "when: now also asks that units is more than 1"),
        ("hooks: [claim]", "hooks: [claim, order]", "hooks: now also order"),
        ("because: The policy asks", "because: The plan asks",
         "because: before “The policy asks for modifier 26 on the physician's part in a hospital.”, "
         "now “The plan asks for modifier 26 on the physician's part in a hospital.”"),
        ("{action: add-modifier, modifier: 26}", "{action: review}",
         "remedies: before “add-modifier 26”, now “review”"),
        ("cites: [GPHP-03]", "cites: [GPHP-03, GPHP-08]", "cites: now also GPHP-08"),
        ("severity: critical\n", "severity: critical\n      caps: [{when: {medicare: {is: yes}}, at_most: info}]\n",
         "caps: before “nothing”, now “info at most when medicare is yes”"),
        ("severity: critical\n",
         "severity: {first_of: [{when: {medicare: {is: yes}}, then: warning}, {otherwise: critical}]}\n",
         "severity: before “critical”, now “warning when medicare is yes; else critical”"),
    ],
)  # fmt: skip
def test_each_member_in_words(old: Book, tmp_path: Path, before: str, after: str, said: str | None) -> None:
    change = only(old, changed(tmp_path, (GUIDANCE, before, after)))
    (detail,) = change.details
    if said is None:
        assert detail.says == (
            "when: no longer asks that modifiers holds none of 26, TC",
            "when: now also asks that units is 1 or more",
        )
    else:
        assert detail.says == (said,)


def test_a_new_version_says_what_holds_from_its_day_on(old: Book, tmp_path: Path) -> None:
    """The second version begins a quarter later: on the days between, the first one goes on."""
    new = changed(
        tmp_path,
        (GUIDANCE, "  - id: more-guidance-units-than-the-plan-takes\n    status: active\n"
         "    effective: {from: 2023-07-01, through: 2025-06-30}",
         "  - id: more-guidance-units-than-the-plan-takes\n    status: active\n"
         "    effective: {from: 2023-07-01, through: 2025-09-30}"),
        (GUIDANCE, "  - id: more-guidance-units-than-the-plan-takes\n    status: active\n"
         "    effective: {from: 2025-07-01}",
         "  - id: more-guidance-units-than-the-plan-takes\n    status: active\n"
         "    effective: {from: 2025-10-01}"),
    )  # fmt: skip
    change = only(old, new)
    assert (change.name, change.change) == (UNITS, "dates")
    assert [d.says for d in change.details] == [
        ("speaks from 2023-07-01 to 2025-09-30; before, it spoke from 2023-07-01 to 2025-06-30",),
        ("speaks from 2025-10-01 on; before, it spoke from 2025-07-01 on",),
    ]


def test_a_version_added_in_the_middle(old: Book, tmp_path: Path) -> None:
    rule = (EXAMPLES / "gulf-palms" / GUIDANCE).read_text("utf-8")
    begin = rule.index("  - id: hospital-physician-guidance-without-26")
    end = rule.index("  - id: office-guidance-under-a-code-not-taken")
    first = rule[begin:end]
    closed = first.replace("{from: 2023-07-01}", "{from: 2023-07-01, through: 2024-12-31}")
    later = first.replace("{from: 2023-07-01}", "{from: 2025-01-01}").replace("critical", "warning")
    change = only(old, changed(tmp_path, (GUIDANCE, first, closed + later)))
    assert told(change) == [("2025-01-01", "None", "severity: before “critical”, now “warning”")]


def test_a_version_that_is_merely_split_is_no_change(old: Book, tmp_path: Path) -> None:
    rule = (EXAMPLES / "gulf-palms" / GUIDANCE).read_text("utf-8")
    begin = rule.index("  - id: hospital-physician-guidance-without-26")
    end = rule.index("  - id: office-guidance-under-a-code-not-taken")
    first = rule[begin:end]
    closed = first.replace("{from: 2023-07-01}", "{from: 2023-07-01, through: 2024-12-31}")
    later = first.replace("{from: 2023-07-01}", "{from: 2025-01-01}")
    assert changes_between(old, changed(tmp_path, (GUIDANCE, first, closed + later))) == []


def test_a_rule_that_ends_and_one_that_becomes_a_draft(old: Book, tmp_path: Path) -> None:
    ended = only(
        old, changed(tmp_path / "a", (GUIDANCE, "effective: {from: 2023-07-01}",
                                      "effective: {from: 2023-07-01, through: 2024-12-31}"))
    )  # fmt: skip
    assert (ended.change, told(ended)) == (
        "dates",
        [("None", "None", "speaks from 2023-07-01 to 2024-12-31; before, it spoke from 2023-07-01 on")],
    )
    draft, statement = changes_between(
        old,
        changed(
            tmp_path / "b",
            (SCOPE, "status: active", "status: draft"),
            (SOURCES, "kind: scope-applicability\n",
             "kind: scope-applicability\n        not_modelled: Being rewritten.\n"),
        ),
    )  # fmt: skip
    assert (draft.name, draft.change) == ("gulf-palms.scope.gulf-palms-advantage-member", "removed")
    assert statement.name == "GPHP-01"


def test_a_rule_is_added_and_removed(old: Book, tmp_path: Path) -> None:
    text = (EXAMPLES / "gulf-palms" / GUIDANCE).read_text("utf-8")
    begin = text.index("  - id: tracking-for-breath-hold-of-the-left-breast")
    rule = text[begin:]
    new = changed(
        tmp_path,
        (GUIDANCE, rule, ""),
        (SOURCES, "looks at such claims by hand.\n        kind: bundling",
         "looks at such claims by hand.\n        kind: bundling\n        not_modelled: Being rewritten."),
    )  # fmt: skip
    removed, statement = changes_between(old, new)
    assert (removed.what, removed.change, removed.codes) == ("rule", "removed", ("G6017",))
    assert removed.details[0].days == old.rules[-1].effective or removed.details[0].days is not None
    assert (statement.what, statement.name) == ("statement", "GPHP-08X")
    assert statement.details[0].says == ("not_modelled: before “nothing”, now “Being rewritten.”",)
    added, _ = changes_between(new, old)
    assert (added.what, added.change) == ("rule", "added")
    assert added.details[0].says[0].startswith("says (bundling, info): Tracking for breath hold")
    assert added.details[0].says[-1] == "cites GPHP-08X"
    assert told(added)[0][:2] == ("2023-07-01", "2025-12-31")


def test_a_renamed_rule_and_a_renamed_policy(old: Book, tmp_path: Path) -> None:
    renamed = only(
        old, changed(tmp_path / "a", (GUIDANCE, "id: hospital-physician-guidance-without-26", "id: without-26"))
    )  # fmt: skip
    assert (renamed.change, renamed.name) == ("renamed", "gulf-palms.guidance.without-26")
    assert (
        "hospital-physician-guidance-without-26 is called gulf-palms.guidance.without-26"
        in (renamed.details[0].says[0])
    )
    policy, resolution = changes_between(
        old,
        changed(
            tmp_path / "b",
            (GUIDANCE, "policy: gulf-palms.guidance", "policy: gulf-palms.coding"),
            ("resolutions.yaml", "rules: [gulf-palms.guidance.", "rules: [gulf-palms.coding."),
        ),
    )[::-1]
    assert resolution.name == "GP-C1"
    assert (policy.what, policy.name, policy.change) == ("policy", "gulf-palms.coding", "renamed")


def test_a_renamed_rule_that_also_changes_is_removed_and_added(old: Book, tmp_path: Path) -> None:
    new = changed(
        tmp_path,
        (GUIDANCE, "id: hospital-physician-guidance-without-26", "id: without-26"),
        (GUIDANCE, "severity: critical", "severity: warning"),
    )
    assert [(c.name.split(".")[-1], c.change) for c in changes_between(old, new)] == [
        ("hospital-physician-guidance-without-26", "removed"),
        ("without-26", "added"),
    ]


def test_the_head_of_a_policy_is_told_once(old: Book, tmp_path: Path) -> None:
    change = only(
        old,
        changed(
            tmp_path,
            (GUIDANCE, "    - line_of_business: {is_not: medicare-advantage}",
             "    - line_of_business: {not_in: [medicare-advantage, medicaid]}"),
            (GUIDANCE, "about: Codes, modifiers", "about: Codes, dates, modifiers"),
            (GUIDANCE, "dated_by: line-date", "dated_by: service-start"),
        ),
    )  # fmt: skip
    assert (change.what, change.name, change.change) == ("policy", "gulf-palms.guidance", "changed")
    says = change.details[0].says
    assert says[0].startswith("applies: no longer asks that line_of_business is not known or")
    assert says[1].startswith("applies: now also asks that line_of_business is not known or")
    assert says[2].startswith("about: before")
    assert says[3] == "dated_by: before “line-date”, now “service-start”"


def test_documents_statements_and_payers(old: Book, tmp_path: Path) -> None:
    new = changed(
        tmp_path,
        (SOURCES, "id: edition-2", "id: edition-3"),
        (SOURCES, "in_force: {from: 2023-07-01}", "in_force: {from: 2023-01-01}"),
        (SOURCES, "says: One unit of guidance a day.", "says: One unit of guidance on each day."),
        (SOURCES, "id: GPHP-09", "id: GPHP-10"),
        ("payer.yaml", "  - {name: gulf palms, match: equal}\n", ""),
    )
    found = {(c.what, c.name): c for c in changes_between(old, new)}
    assert found["document", "gulf-palms-igrt"].details[0].says == (
        "edition: before “edition-2”, now “edition-3”",
        "in force from 2023-01-01 on; before, from 2023-07-01 on",
    )
    assert found["statement", "GPHP-07A"].change == "changed"
    assert found["statement", "GPHP-10"].change == "renamed"
    assert found["payer", "gulf-palms"].details[0].says == ("aliases: no longer gulf palms equal",)
    assert len(found) == 4


def test_a_payer_that_comes_and_goes(old: Book) -> None:
    without = load_library((POLICIES,)).engine.book
    come = changes_between(without, old)
    assert {c.change for c in come} == {"added"}
    assert {c.who for c in come} == {"Gulf Palms Health Plan", "Conflicts between documents"}
    assert sorted({c.what for c in come}) == ["document", "payer", "position", "resolution", "rule"]
    gone = changes_between(old, without)
    assert {c.change for c in gone} == {"removed"}
    assert len(gone) == len(come)


def test_positions_and_resolutions(old: Book, tmp_path: Path) -> None:
    new = changed(
        tmp_path,
        ("positions.yaml", "effective: {from: 2025-07-01}", "effective: {from: 2025-10-01}"),
        (
            "resolutions.yaml",
            "resolved: The plan's own policy comes before the general guidance, so an office reports 77387 alone.",
            "resolved: The plan decides for its own members, so an office reports 77387.",
        ),
        ("resolutions.yaml", "id: GP-C1", "id: GP-C2"),
    )
    found = {(c.what, c.name): c for c in changes_between(old, new)}
    assert {c.who for c in found.values()} == {"Conflicts between documents"}
    assert found["resolution", "GP-C1"].change == "removed"
    assert found["resolution", "GP-C2"].change == "added"
    (said,) = found["position", "GPHP-04B on guidance-codes"].details[0].says
    bounds = (
        "“77387 for line_of_business commercial, marketplace; payer gulf-palms; side freestanding, from 202"
    )
    assert said == f"says: now also {bounds}5-10-01 on”; no longer {bounds}5-07-01 on”"


def test_a_resolution_in_other_words(old: Book, tmp_path: Path) -> None:
    new = changed(tmp_path, ("resolutions.yaml", "about: The code of", "about: The only code of"))
    (change,) = changes_between(old, new)
    assert (change.what, change.name) == ("resolution", "GP-C1")
    assert change.details[0].says == (
        "about: before “The code of guidance in an office”, now “The only code of guidance in an office”",
    )
