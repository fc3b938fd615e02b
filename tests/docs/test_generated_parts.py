"""What the pages say is what the code knows: generated parts are fresh, and nothing is left undocumented."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from cds_service.cli.main import app
from cds_service.engine.conditions import MANUAL, OPERATORS
from cds_service.engine.model import ACTIONS, KINDS
from cds_service.engine.points import DIMENSIONS, POINTS
from cds_service.engine.settle import ORDER_CAPPED
from cds_service.facts.chart import INDICATIONS
from cds_service.facts.given import GIVEN_KEYS, LINE_KEYS
from cds_service.facts.payer import LINES_OF_BUSINESS
from cds_service.facts.registry import METHODS, TECHNIQUES
from cds_service.facts.vocabulary import VOCABULARY
from scripts import docs_tables, docs_words
from tests.docs.pages import DOCS, PAGES

ADD_A_PAYER = (DOCS / "add-a-payer.md").read_text("utf-8")
STALE = "is stale: run `.venv/bin/python -m scripts.docs_tables` and read what has changed"


def rows(page: str, part: str) -> list[str]:
    """First cell of each row of a generated table."""
    match = re.search(rf"<!-- begin: table {part} -->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert match is not None, f"there is no table {part}"
    cells = [line.split("|")[1].strip() for line in match[1].splitlines() if line.startswith("| ")]
    return cells[1:]


def schema(name: str) -> dict[str, dict[str, dict[str, object]]]:
    text = files("cds_service.engine").joinpath("schemas", f"{name}.schema.json").read_text("utf-8")
    return dict(json.loads(text)["$defs"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_parts_are_fresh(page: Path) -> None:
    text = page.read_text("utf-8")
    assert docs_tables.rewritten(text) == text, f"docs/{page.name} {STALE}"


def test_every_fact_operator_kind_and_remedy_has_a_row() -> None:
    facts = [name for scope in ("case", "unit", "line") for name in rows(ADD_A_PAYER, f"facts-{scope}")]
    assert sorted(facts) == sorted(f"`{name}`" for name in VOCABULARY)
    assert rows(ADD_A_PAYER, "operators") == [f"`{name}`" for name in OPERATORS]
    assert set(MANUAL) == set(OPERATORS)
    assert rows(ADD_A_PAYER, "kinds") == [f"`{kind}`" for kind in KINDS]
    assert set(docs_words.KINDS) == set(KINDS)
    assert rows(ADD_A_PAYER, "remedies") == [f"`{action}`" for action in ACTIONS]
    assert set(docs_words.REMEDIES) == set(ACTIONS)


def test_every_point_and_dimension_has_a_row() -> None:
    assert rows(ADD_A_PAYER, "points") == [f"`{name}`" for name in POINTS]
    assert rows(ADD_A_PAYER, "dimensions") == [f"`{name}`" for name in DIMENSIONS]


def test_every_key_of_a_case_has_a_row_and_is_read() -> None:
    assert {key.strip("`") for key in rows(ADD_A_PAYER, "given")} == GIVEN_KEYS
    assert {key.strip("`") for key in rows(ADD_A_PAYER, "given-line")} == LINE_KEYS


def test_cases_take_the_answers_that_facts_give() -> None:
    text = files("cds_service.engine").joinpath("schemas", "cases.schema.json").read_text("utf-8")
    shapes = json.loads(text)["$defs"]
    assert set(shapes["techniques"]["items"]["enum"]) == set(TECHNIQUES)
    assert set(shapes["methods"]["items"]["enum"]) == {*METHODS, "none"}
    assert set(shapes["indications"]["items"]["enum"]) == INDICATIONS
    assert set(shapes["given"]["properties"]["line_of_business"]["enum"]) == set(LINES_OF_BUSINESS)


def test_every_member_of_the_files_is_explained() -> None:
    policy, payer, sources = schema("policy"), schema("payer"), schema("sources")
    positions, resolutions = schema("positions"), schema("resolutions")
    text = files("cds_service.engine").joinpath("schemas", "policy.schema.json").read_text("utf-8")
    wanted = {
        *json.loads(text)["properties"],
        *policy["rule"]["properties"],
        *policy["finding"]["properties"],
        *policy["remedy"]["properties"],
        *payer["payer"]["properties"],
        *sources["document"]["properties"],
        *sources["statement"]["properties"],
        *positions["position"]["properties"],
        *resolutions["resolution"]["properties"],
    }
    named = set(re.findall(r"`([a-z_]+)(?:: [^`]*)?`", ADD_A_PAYER))
    assert wanted - named == set()


def test_caps_at_order_time_are_told() -> None:
    for page in ("add-a-payer.md", "reading-the-cards.md"):
        text = (DOCS / page).read_text("utf-8")
        capped = set(re.findall(r"(?m)^\| `([a-z-]+)` \|.*\| info at most \|$", text))
        assert capped == ORDER_CAPPED


def test_every_page_has_words() -> None:
    for page in PAGES:
        assert len(page.read_text("utf-8")) > 500, page.name


def test_links_lead_somewhere() -> None:
    for page in [*PAGES, DOCS.parent / "fhir_fixtures" / "README.md"]:
        text = page.read_text("utf-8")
        anchors = {_anchor(title) for title in re.findall(r"(?m)^#+ (.+)$", text)}
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith("https://"):
                continue
            file, _, anchor = target.partition("#")
            there = (page.parent / file) if file else page
            assert there.exists(), f"{page.name} links to {target}"
            if anchor and there.suffix == ".md":
                titles = re.findall(r"(?m)^#+ (.+)$", there.read_text("utf-8"))
                known = anchors if there == page else {_anchor(title) for title in titles}
                assert anchor in known, f"{page.name} links to {target}"


def _anchor(title: str) -> str:
    """The anchor that GitHub gives to a title."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_the_commands_table_is_complete() -> None:
    names = {group.name for group in app.registered_groups} | {c.name for c in app.registered_commands}
    assert names == {
        "audit",
        "serve",
        "check",
        "doctor",
        "feedback",
        "policies",
        "catalogue",
        "replay",
        "store",
        "trust",
    }, "describe the new command in docs/, then name it here"
