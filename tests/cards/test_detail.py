"""The Markdown of a card: each section there when it has something to say, nothing of FHIR read as markup."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from cards.detail import detail, fill_template
from cards.order import KINDS
from cds_service.engine.model import ACTIONS, LineRef, Remedy, Text
from tests.cards.builders import PAYER, SOCIETY, finding, line

JUDGE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
ADVISORY = "*This card is advisory. The final decision is the clinician's or the coder's;"
FORBIDDEN = re.compile(r"(?i)will be (paid|denied)|approved")

REMEDIES = {
    "replace": Remedy("replace", "77387", to="G6002-26"),
    "add-modifier": Remedy("add-modifier", "77387", modifier="26"),
    "remove-modifier": Remedy("remove-modifier", "G6017", modifier="26"),
    "remove-line": Remedy("remove-line", "77387", sequence=3),
    "add-line": Remedy("add-line", "77387-TC"),
    "reduce-units": Remedy("reduce-units", "G6017", to=1),
    "add-document": Remedy("add-document", document="18741-9"),
    "attest-indication": Remedy("attest-indication", indications=("internal-motion", "narrow-margins")),
    "attest-other-modality": Remedy("attest-other-modality", modalities=("tbi",)),
    "review": Remedy("review"),
}
WORDS = {
    "replace": "Replace 77387 by G6002-26.",
    "add-modifier": "Add modifier 26 to 77387.",
    "remove-modifier": "Take modifier 26 off G6017.",
    "remove-line": "Remove 77387 (line 3).",
    "add-line": "Add 77387-TC.",
    "reduce-units": "Reduce the units of G6017 to 1.",
    "add-document": "Have this on record: physician progress note (LOINC 18741-9).",
    "attest-indication": "Record the reason, if it is true of this patient: "
    "target that moves inside the body, or narrow margins around the target.",
    "attest-other-modality": "Record the other treatment, if there is one: total body irradiation.",
    "review": "Review it; no change is proposed.",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_tells_all_it_knows(kind: str) -> None:
    made = finding(
        kind=kind,
        notes=(Text("A note."),),
        missing=("igrt_method", "fractions"),
        because=(Text("First reason."), Text("Second reason.")),
    )
    text = detail([made])
    for said in (
        "remove 77387-TC.\n\n- 77387-TC: 2023-05-08 (line 2)\n",
        "- First reason.\n- Second reason.",
        "**What to do.** Remove 77387.\n",
        "Charges and totals are left as they are",
        "**Also.** A note.",
        "**Not known here:** igrt method, fractions.",
        "[IGRT coding guidance](https://society.example/coding), edition cpt-2020: "
        "Hospitals, first heading sentence (AST-15)\n",
        "**About:** Claim/c1",
        ADVISORY,
    ):
        assert said in text
    assert not FORBIDDEN.search(text)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_leaves_no_trace(kind: str) -> None:
    text = detail([finding(kind=kind, lines=(), remedies=(), because=())])
    assert "What to do" not in text
    assert "Also" not in text
    assert "Not known" not in text
    assert "Charges" not in text
    assert ADVISORY in text
    assert not re.search(r"\*\*[^*]*\*\* *$", text, re.MULTILINE)


def test_a_source_without_statements_has_no_empty_brackets() -> None:
    made = finding(sources=(replace(SOCIETY, statement="", edition=""),))
    assert f"]({SOCIETY.url}): {SOCIETY.section}\n" in detail([made])


def test_no_word_of_ours_promises_payment() -> None:
    folder = Path(str(files("cards")))
    texts = [*folder.glob("templates/*.md"), *folder.glob("*.json")]
    assert len(texts) > len(KINDS)
    for file in texts:
        assert not FORBIDDEN.search(file.read_text(encoding="utf-8")), file.name


@pytest.mark.parametrize("action", ACTIONS)
def test_every_remedy_has_words(action: str) -> None:
    assert f"**What to do.** {WORDS[action]}\n" in detail([finding(remedies=(REMEDIES[action],))])


@pytest.mark.parametrize(
    ("document", "words"),
    [("10154-3", "LOINC 10154-3"), ("dvh-review", "review of the dose-volume histograms")],
)
def test_documents_are_named(document: str, words: str) -> None:
    made = finding(remedies=(Remedy("add-document", document=document),))
    assert f"**What to do.** Have this on record: {words}.\n" in detail([made])


def test_an_action_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Remedy\.action: 'guess' has no words"):
        detail([finding(remedies=(Remedy("guess"),))])


@pytest.mark.parametrize(("all_of", "lead"), [(False, "One of these:"), (True, "All of these together:")])
def test_several_remedies(all_of: bool, lead: str) -> None:
    text = detail([finding(remedies=(REMEDIES["replace"], REMEDIES["review"]), all_of=all_of)])
    assert (
        f"**What to do.** {lead}\n\n- Replace 77387 by G6002-26\n- Review it; no change is proposed\n" in text
    )


@pytest.mark.parametrize("action", ACTIONS)
def test_charges_are_spoken_of_when_lines_change_on_a_claim(action: str) -> None:
    changes = action in ("replace", "remove-line", "add-line", "reduce-units")
    on_claim = detail([finding(remedies=(REMEDIES[action],))])
    on_order = detail([finding(remedies=(REMEDIES[action],), unit="ServiceRequest/s1")])
    assert ("Charges and totals" in on_claim) is changes
    assert "Charges and totals" not in on_order


def test_many_dates_are_counted_from_the_thirteenth() -> None:
    days = [f"2023-05-{day:02}" for day in range(1, 21)]
    lines = tuple(line(n, "77387", "TC", date=day) for n, day in enumerate(days))
    text = detail([finding(lines=lines)])
    assert "2023-05-12 (line 12) and 8 more\n" in text
    assert "2023-05-13" not in text
    assert "more" not in detail([finding(lines=lines[:12])])


def test_lines_are_grouped_by_code_and_modifiers() -> None:
    lines = (line(0, "77387"), line(1, "G6002", "26"), line(2, "77387", date="2023-05-09"))
    text = detail([finding(lines=lines)])
    assert (
        "\n\n- 77387: 2023-05-08 (line 1), 2023-05-09 (line 3)\n- G6002-26: 2023-05-08 (line 2)\n\n" in text
    )


def test_lines_without_date_or_sequence() -> None:
    def bare(sequence: int | None, date: str, code: str) -> LineRef:
        return LineRef("ServiceRequest/s1", sequence, code, (), date, "")

    text = detail([finding(lines=(bare(None, "2023-05-08", "A"), bare(4, "", "B"), bare(None, "", "C")))])
    assert "- A: 2023-05-08\n- B: line 4\n- C\n" in text


def test_lines_of_several_resources_name_them() -> None:
    other = replace(line(0, "77387"), resource="Claim/c2")
    text = detail([finding(lines=(line(0, "77387"), other))])
    assert "- 77387 in Claim/c1: 2023-05-08 (line 1)\n- 77387 in Claim/c2: 2023-05-08 (line 1)" in text


def test_many_codes_are_counted_too() -> None:
    lines = tuple(line(n, f"G60{n:02}") for n in range(15))
    text = detail([finding(lines=lines)])
    assert text.count("\n- G60") == 12
    assert "\n- and 3 more\n" in text
    assert "more" not in detail([finding(lines=lines[:12])])


def test_source_without_section_or_edition() -> None:
    bare = replace(SOCIETY, section="", edition="", url="")
    assert "**Source.** IGRT coding guidance: AST-15\n" in detail([finding(sources=(bare,))])
    untitled = replace(bare, title="")
    assert "**Source.** ASTRO coding guidance: AST-15\n" in detail([finding(sources=(untitled,))])


def test_each_document_is_named_once_with_its_places() -> None:
    second = replace(SOCIETY, statement="AST-16", section="Hospitals, second paragraph")
    text = detail([finding(sources=(SOCIETY, second, PAYER))])
    assert (
        "**Source.**\n\n"
        "- [Image-guided radiation therapy](https://payer.example/mcg), edition mcg-2024-05-15: "
        "CPT list, 77387 (FLB-23)\n"
        "- [IGRT coding guidance](https://society.example/coding), edition cpt-2020: "
        "Hospitals, first heading sentence (AST-15); Hospitals, second paragraph (AST-16)\n\n"
    ) in text


def test_a_source_address_cannot_leave_its_link() -> None:
    odd = replace(SOCIETY, url="https://society.example/a(b)_c?x=1&copy;=2\\<d>")
    text = detail([finding(sources=(odd,))])
    (inline,) = [t for t in JUDGE.parse(text) if t.type == "inline" and "Source" in t.content]
    (link,) = [t for t in inline.children or [] if t.type == "link_open"]
    assert link.attrs["href"] == "https://society.example/a%28b%29_c?x=1&copy;=2%5C%3Cd%3E"
    with pytest.raises(ValueError, match=r"^Source\.url"):
        detail([finding(sources=(replace(SOCIETY, url="javascript:alert(1)"),))])


@pytest.mark.parametrize("name", [*KINDS, "_tail", "_charges"])
@pytest.mark.parametrize("value", ["", "x", "\n\n- a \n- b", "{found} %s \\ "])
def test_a_template_is_filled_block_by_block(name: str, value: str) -> None:
    names = (
        "found",
        "lines",
        "because",
        "remedies",
        "charges",
        "tail",
        "notes",
        "missing",
        "sources",
        "units",
    )
    gaps = dict.fromkeys(names, value)
    text = files("cards").joinpath("templates", f"{name}.md").read_text(encoding="utf-8").strip()
    blocks = re.split(r"\n\s*\n", text)
    said = [block.format(**gaps).strip() for block in blocks if value or "{" not in block]
    assert fill_template(name, gaps) == "\n\n".join(said).replace(" \n", "\n")


def test_a_template_with_an_unknown_gap_is_refused() -> None:
    with pytest.raises(KeyError, match="lines"):
        fill_template("bundling", {"found": "x"})
