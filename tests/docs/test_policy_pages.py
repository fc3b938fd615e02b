"""docs/policies is made from the policy files: fresh, complete, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cds_service.books import POLICIES, load_library
from cds_service.engine.account import account_of
from cds_service.engine.rules import Book
from scripts import docs_policies
from scripts.policy_pages import rules_page
from scripts.policy_sources import read_cases
from tests.docs.pages import DOCS

PAGES = sorted(docs_policies.FOLDER.glob("*.md"))


@pytest.fixture(scope="module")
def book() -> Book:
    return load_library((POLICIES,)).engine.book


def page(name: str) -> str:
    return (docs_policies.FOLDER / f"{name}.md").read_text("utf-8")


def test_the_pages_are_fresh() -> None:
    assert docs_policies.stale() == [], "run `make docs` and read what has changed"


def test_a_page_that_is_changed_or_left_over_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in PAGES:
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(docs_policies, "FOLDER", tmp_path)
    (tmp_path / "gone.md").write_text("# Gone\n", "utf-8")
    changed = tmp_path / "florida-blue-igrt.md"
    changed.write_text(changed.read_text("utf-8").replace("Florida Blue", "Florida Green", 1), "utf-8")
    (tmp_path / "conflicts.md").unlink()
    assert docs_policies.stale() == ["conflicts.md", "florida-blue-igrt.md", "gone.md"]
    assert docs_policies.main(["--check"]) == 1
    assert docs_policies.main([]) == 0
    assert docs_policies.stale() == []
    assert not (tmp_path / "gone.md").exists()


def test_the_index_leads_to_every_page(book: Book) -> None:
    index = page("index")
    for document in book.documents.values():
        assert f"({document.id}.md)" in index
    for policy in book.policies:
        assert f"[{policy.id}]({policy.id}.md)" in index
    assert "(conflicts.md)" in index
    linked = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", index)}
    assert linked | {"index.md"} == {path.name for path in PAGES}


def test_a_document_s_page_accounts_for_every_statement(book: Book) -> None:
    for account in account_of(book):
        rows = {}
        for line in page(account.id).splitlines():
            found = re.match(r'\| <a id="[a-z0-9-]+"></a>([A-Z0-9-]+) \|', line)
            if found:
                rows[found[1]] = line
        assert list(rows) == [row.statement for row in account.rows]
        for row in account.rows:
            for rule in row.rules:
                assert f"[{rule}](" in rows[row.statement]
            assert row.rules or row.reason.split()[0] in rows[row.statement]


def test_editions_of_a_document_are_shown() -> None:
    assert "| mcg-2024-05-15 | approved by the coverage committee on 2024-04-25;" in page("florida-blue-igrt")


def test_a_policy_s_page_shows_every_version_with_its_cards_and_cases(book: Book) -> None:
    cases = read_cases(POLICIES)
    for policy in book.policies:
        text = page(policy.id)
        assert re.findall(r"(?m)^## (.+)$", text) == list(dict.fromkeys(rule.id for rule in policy.rules))
        assert len(re.findall(r"(?m)^### ", text)) == len(policy.rules)
        for rule in policy.rules:
            said = re.sub(r"([*\[\]])", r"\\\1", rule.finding.summary).replace("|", r"\|")
            assert f"| says | {said} |" in text
            for statement in rule.statements:
                assert f"[{statement}](" in text
        for names in cases[policy.file].values():
            for name in names:
                assert f"- {name}".replace("[", r"\[").replace("]", r"\]").replace("*", r"\*") in text


def test_conditions_severities_and_remedies_are_in_words() -> None:
    book = load_library((POLICIES, DOCS / "examples")).engine.book
    (policy,) = (policy for policy in book.policies if policy.id == "gulf-palms.guidance")
    text = rules_page(policy, book, {"hospital-physician-guidance-without-26": ["a case of *ours*"]})
    head, rule, *_ = text.split("\n## ")
    assert "- payer is gulf-palms\n- any of:\n  - line_of_business is not known\n" in head
    assert "### From 2023-07-01 on" in rule
    assert "Asked of each line on claims; speaks once per line." in rule
    assert (
        "- code is one of split-guidance (77014, 77387, G6001, G6002)\n- side is physician-in-hospital\n"
        in rule
    )
    assert "| severity | critical |" in rule
    assert "| remedies | add-modifier 26 |" in rule
    assert "| cites | [GPHP-03](gulf-palms-igrt.md#gphp-03) |" in rule
    assert "**Cases**\n\n- a case of \\*ours\\*" in rule
    assert "| remedies | remove-line when some of guidance_that_keeps_the_date meets (" in text
    assert "); else replace to 77387 |" in text
    assert "| overrides | tracking-beside-other-guidance, tracking-beside-77387 |" in text
    assert "| asks | G6017 beside other guidance: Gulf Palms takes it" in text


def test_the_conflicts_page_has_every_resolution(book: Book) -> None:
    text = page("conflicts")
    assert re.findall(r"(?m)^## ([A-Z]-\d+):", text) == sorted(r.id for r in book.resolutions)
    assert "77014, G6001 or G6002 · global part · beside 77385 or 77386 · freestanding" in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        there = path.parent / file
        assert there.exists(), target
        if anchor:
            linked = there.read_text("utf-8")
            assert f"\n## {anchor}\n" in linked or f'<a id="{anchor}">' in linked, target


def test_no_page_speaks_of_what_authors_do_not_have() -> None:
    for path in PAGES:
        assert "/work/" not in path.read_text("utf-8")
