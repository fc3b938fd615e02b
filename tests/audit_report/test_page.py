"""The page itself: alone, escaped, without patient data, readable in every width."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page as BrowserPage

from cds_service.audit.rows import RowCite, RowLine, RowRemedy
from cds_service.audit_inputs.columns import COLUMNS
from cds_service.audit_report import write_report
from cds_service.books import standard_library
from tests.audit_report.build import CITE, Page, folder, report, row

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>\u202e'
RUN = {
    "options": {"as_of": "2026-11-29"},
    "claims": {
        "found": 2,
        "nothing-found": 5,
        "no-rule-speaks": 7,
        "not-enough-information": 3,
        "set-aside": 1,
    },
    "reasons": {"not-enough-information: payer": 3, "set-aside: cancelled": 1},
    "bad_count": 60,
    "bad": [
        {
            "file": "c.csv",
            "place": f"line {n}",
            "where": "column units",
            "what": "is wrong.",
            "remedy": "Mend it.",
        }
        for n in range(55)
    ],
    "inputs": [{"name": "c.csv", "size": 1234, "sha256": "ab" * 32}],
    "left_aside": ["notes.pdf"],
    "policies": {"book": "f00d", "rules": 164},
}


def test_the_page_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    text = report(tmp_path, [row()], RUN)
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & {tag for tag, _ in page.tags}
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {"src", "srcset", "style", "background", "data"} & names
    assert not any(name.startswith("on") for name in names)
    assert re.findall(r"url\(|@import|https?://", text) == ["https://"] * text.count(CITE.url)
    (policy,) = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    style = text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


def test_everything_from_files_is_escaped(tmp_path: Path) -> None:
    hostile = row(
        HOSTILE,
        title=HOSTILE,
        rules=[HOSTILE],
        policy=[HOSTILE],
        kind=HOSTILE,
        payer="other",
        payer_name=HOSTILE,
        site_name=HOSTILE,
        month=HOSTILE,
        document=HOSTILE,
        missing=[HOSTILE],
        lines=[RowLine(1, HOSTILE, [HOSTILE], HOSTILE, 1.0, "1.00")],
        remedies=[RowRemedy(HOSTILE, HOSTILE, HOSTILE, HOSTILE)],
        cites=[RowCite(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, f"javascript:{HOSTILE}")],
        patient=HOSTILE,
        currency=HOSTILE,
    )
    bad = {"file": HOSTILE, "place": HOSTILE, "where": HOSTILE, "what": HOSTILE, "remedy": HOSTILE}
    run = {
        **RUN,
        "bad": [bad],
        "inputs": [{"name": HOSTILE, "size": 1, "sha256": HOSTILE}],
        "left_aside": [HOSTILE],
        "options": {"as_of": HOSTILE},
        "reasons": {f"not-enough-information: {HOSTILE}": 1, f"set-aside: {HOSTILE}": 1},
    }
    text = report(tmp_path, [hostile], run, with_patients=True)
    tags = [tag for tag, _ in Page(text).tags]
    assert not {"img", "script"} & set(tags)
    assert "javascript:" not in re.sub(r">[^<]*<", "", text)
    assert not any(a.get("href", "#").startswith("javascript") for _, a in Page(text).tags)


@pytest.mark.parametrize(
    ("url", "linked"),
    [("https://example.org/a", True), ("http://example.org/a", False), ("javascript:alert(1)", False)],
)
def test_only_a_secure_address_is_a_link(tmp_path: Path, url: str, linked: bool) -> None:
    page = Page(report(tmp_path, [row(cites=[RowCite("AST-15", "Coding Guidance", url=url)])]))
    assert (url in [a.get("href") for tag, a in page.tags if tag == "a"]) == linked


def test_of_many_lines_some_are_named_and_the_others_counted(tmp_path: Path) -> None:
    lines = [RowLine(n, "77387", ["TC"], "2024-03-04", 1.0, "10.00") for n in range(1, 11)]
    text = Page(report(tmp_path, [row(lines=[*lines, RowLine(11, "77014")])])).text
    assert "77387-TC (lines 1, 2, 3, 4, 5, 6, 7, 8 and 2 more); 77014 (line 11)" in text


def test_patients_and_dates_only_when_asked_for(tmp_path: Path) -> None:
    plain = report(tmp_path, [row()])
    assert "secret-patient" not in plain
    assert "2024-03-04" not in plain
    assert "77387-TC (line 2)" in Page(plain).text
    asked = Page(report(tmp_path, [row()], with_patients=True)).text
    assert "Patient/secret-patient" in asked
    assert "2 on 2024-03-04" in asked
    assert "patient data" in asked


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            "77385 is no longer valid on 2024-03-04: use 77402.",
            "77385 is no longer valid on its date: use 77402.",
        ),
        ("It ended on 2014-12-31, for 2024-03-04 and 2 more dates.", "It ended on 2014-12-31, for its date."),
        ("Units on 2024-03-04 to 2024-03-08.", "Units on its date."),
    ],
)
def test_sentences_name_no_day_of_service(tmp_path: Path, title: str, shown: str) -> None:
    text = report(tmp_path, [row(title=title)], RUN)
    assert shown in text
    assert not re.search(r"2024-03-0[0-9]", text)


def test_a_finding_that_tells_no_day_keeps_its_sentence(tmp_path: Path) -> None:
    assert "Ask who pays." in report(tmp_path, [row(title="Ask who pays.", date="", month="", lines=[])])


def test_what_to_do_first_names_cause_money_remedy_and_paragraph(tmp_path: Path) -> None:
    choice = [RowRemedy("replace", "77387", "77014-26"), RowRemedy("replace", "77387", "G6002-26")]
    small = row(
        "c2",
        title="Report the method's code.",
        policy=["b"],
        rules=["AST-05"],
        stake="40.00",
        remedies=choice,
    )
    page = Page(report(tmp_path, [row(), small], RUN)).text
    first = page.index(
        "remove 77387-TC. Critical Contained in another code 1 finding in 1 claim What to do Remove 77387"
    )
    second = page.index(
        "What to do : one of these Replace 77387 by 77014-26 Replace 77387 by G6002-26".replace(" :", ":")
    )
    assert first < second
    assert "AST-15 · ASTRO · Coding Guidance · Hospitals · edition 2020" in page
    assert "71% of what is at stake" in page


def test_claims_not_read_and_not_known_are_told(tmp_path: Path) -> None:
    page = Page(report(tmp_path, [row(missing=["payer"])], RUN)).text
    assert "Judged as of 2026-11-29 by the coverage" in page
    assert "10 claims judged" in page
    assert "7 further claims without a line that a rule speaks of" in page
    assert "3 claims with not enough information to say" in page
    assert "Who the payer is" in page
    assert "Too little is known of 3 further claims to say that nothing is wrong." in page
    assert "60 could not be read" in page
    assert "10 more like these." in page
    assert "nothing here reads: notes.pdf." in page
    assert "1 claim set aside: 1 cancelled." in page


def test_what_kept_claims_from_being_judged_is_told_first_and_where_files_tell_it(tmp_path: Path) -> None:
    reasons = {"not-enough-information: claim type": 2, "not-enough-information: payer": 1}
    page = Page(report(tmp_path, [], RUN | {"reasons": reasons})).text
    first = page[page.index("What to do first Nothing") : page.index("By month in which findings begin")]
    assert "no warning was found in what could be judged." in first
    assert "3 of the 10 claims judged could be judged in part only: too little is known" in first
    assert "3 of them in part only" in page[: page.index("What to do first Nothing")]
    assert (
        "(2): whether the claim is professional or institutional. CSV: claim_form, or --claim-form. FHIR: Claim.type."
        in first
    )
    below = page[page.index("Claims judged in part") :]
    assert "CSV: claim_form, or --claim-form. FHIR: Claim.type – 2 Who the payer is CSV: payer_name" in below


def test_a_claim_with_a_finding_is_not_shown_again_as_one_of_which_too_little_is_known(
    tmp_path: Path,
) -> None:
    rows = [row("c1", "info", missing=["payer"]), row("c2", "info", missing=["payer"]), row("c3")]
    claims = {"found": 1, "nothing-found": 0, "not-enough-information": 4}
    reasons = {"not-enough-information: payer": 4}
    page = Page(report(tmp_path, rows, RUN | {"claims": claims, "reasons": reasons})).text
    became = page[page.index("What became of 5 claims") : page.index("The causes behind")]
    assert "1 claim with a critical finding" in became
    assert "2 claims with hints only" in became
    assert "2 claims with not enough information to say" in became
    assert "4 of the 5 claims judged could be judged in part only: too little is known" in page


def test_of_one_fact_findings_and_claims_that_lack_it_are_counted(tmp_path: Path) -> None:
    rows = [row("c1", missing=["payer"]), row("c2", missing=["payer", "indication"])]
    page = Page(report(tmp_path, rows, RUN)).text
    assert "FHIR: Coverage.payor 2 2 3" in page  # the bar says it too
    assert "or a Condition 1 1 –" in page


def test_a_workbook_that_was_left_aside_is_to_be_saved(tmp_path: Path) -> None:
    page = Page(report(tmp_path, [], {**RUN, "left_aside": ["2025.xls", "notes.pdf"]})).text
    assert (
        "nothing here reads: 2025.xls, notes.pdf. Save the sheet with the claim lines as .xlsx or CSV" in page
    )


def test_columns_and_sheets_that_were_not_read_are_named(tmp_path: Path) -> None:
    both = {"name": "c.xlsx", "unread": ["Guarantor"], "sheets_aside": [1, 3]}
    sheets = {"name": "s.xlsx", "sheets_aside": list(range(2, 18))}
    odd = {"name": "o.xlsx", "unread": "no list", "sheets_aside": ["x"]}
    page = Page(report(tmp_path, [], {**RUN, "inputs": [both, sheets, odd]})).text
    assert "c.xlsx: columns that were not read: Guarantor. " in page
    assert "c.xlsx: sheets without claim lines, not read: 1, 3 (counted from the left)." in page
    assert (
        "s.xlsx: sheets without claim lines, not read: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 and 4 more"
        in page
    )
    assert "o.xlsx: " not in page
    clean = {**RUN, "bad": [], "bad_count": 0, "claims": {"found": 1}, "left_aside": []}
    assert (
        "Every row and resource could be read."
        in Page(report(tmp_path, [], {**clean, "inputs": [both]})).text
    )
    assert "Everything could be read." in Page(report(tmp_path, [], {**clean, "inputs": [odd]})).text


def test_how_claims_came_about_is_told(tmp_path: Path) -> None:
    told = (
        "Charges without claim numbers: those of one patient",
        "do not say their form were read as professional.",
    )
    page = Page(report(tmp_path, [], RUN)).text
    assert not any(words in page for words in told)
    options = {"charges": True, "claim_form": "professional"}
    page = Page(report(tmp_path, [], {**RUN, "options": options})).text
    assert all(words in page for words in told)


def test_of_many_files_left_aside_some_are_named_and_the_others_counted(tmp_path: Path) -> None:
    page = Page(report(tmp_path, [], {**RUN, "left_aside": [f"{n:02}.pdf" for n in range(10)]})).text
    assert "06.pdf, 07.pdf and 2 more." in page


def test_every_fact_that_the_package_s_rules_may_miss_is_told_with_its_place(tmp_path: Path) -> None:
    facts = {fact for rule in standard_library().engine.book.rules for fact in rule.finding.missing}
    rows = [row(f"c{number}", missing=[fact]) for number, fact in enumerate(sorted(facts))]
    page = Page(report(tmp_path, rows)).text
    told = page[page.index("Claims judged in part") : page.index("What the files do not say")]
    assert len(facts) >= 6
    assert told.count("FHIR: ") == len(facts)


def test_columns_that_a_report_names_are_columns_of_the_template(tmp_path: Path) -> None:
    lacking = ("claim type", "payer", "place of service", "indication", "state", "date of service")
    reasons = {f"not-enough-information: {fact}": 1 for fact in lacking}
    page = Page(report(tmp_path, [], RUN | {"reasons": reasons})).text
    told = page[page.index("Claims judged in part") : page.index("What the files do not say")]
    named = {word for part in re.findall(r"CSV: ([a-z_ ]+)", told) for word in part.split(" or ")}
    assert len(named) == 7
    assert named <= {column.name for column in COLUMNS}


def test_nothing_found_and_no_manifest(tmp_path: Path) -> None:
    page = Page(report(tmp_path, [])).text
    assert "Nothing critical and no warning was found." in page
    assert "Everything could be read." in page
    assert "Too little is known" not in page


@pytest.mark.parametrize("claims", [{"set-aside": 2}, {"found": 0, "set-aside": 0}])
def test_where_no_claim_was_judged_none_is_said_to_have_a_line_of_ours(
    tmp_path: Path, claims: dict[str, int]
) -> None:
    page = Page(report(tmp_path, [], {"claims": claims})).text
    assert "0 claims judged" in page
    assert "every claim" not in page


def test_a_damaged_line_or_manifest_does_not_stop_the_report(tmp_path: Path) -> None:
    folder(tmp_path, [row()])
    with (tmp_path / "findings.ndjson").open("ab") as file:
        file.write(b"{broken\n\n[1]\n\xff\n")
    (tmp_path / "run.json").write_text("[")
    page = Page(write_report(tmp_path).read_text("utf-8")).text
    assert "3 lines of the findings file could not be read." in page


def test_by_which_rules_and_when_it_was_judged_is_told(tmp_path: Path) -> None:
    when = {"started": "2026-11-29T08:00:00", "ended": "2026-11-29T08:05:00"}
    told = "policy book: f00d rule versions: 164"
    page = Page(report(tmp_path, [row()], {**RUN, "run": when})).text
    assert f"{told} began: {when['started']} ended: {when['ended']} Made by" in page
    assert f"{told} Made by" in Page(report(tmp_path, [row()], RUN)).text


@pytest.mark.parametrize(
    ("run", "unread"),
    [
        ([], 0),
        (
            {
                "bad": [7, {"file": "c.csv", "what": 7}],
                "bad_count": "x",
                "inputs": ["c.csv"],
                "left_aside": "n",
            },
            1,
        ),
        ({"options": {"as_of": None, "with_patient": 1}, "claims": {"found": "x", "set-aside": True}}, 0),
        ({"options": 7, "policies": [], "run": "x", "reasons": ["x"], "bad": {"file": "c.csv"}}, 0),
    ],
)
def test_a_manifest_of_another_form_makes_the_report_say_less(tmp_path: Path, run: Any, unread: int) -> None:
    page = Page(report(tmp_path, [row()], run)).text
    assert f"{unread} not read" in page
    assert "$100 at stake" in page
    for lacking in ("Judged as of", "None", "nothing here reads", "set aside", "secret-patient"):
        assert lacking not in page


def test_a_failure_leaves_no_half_report(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ids_are_unique_and_links_lead_somewhere(tmp_path: Path) -> None:
    rows = [
        row(f"c{n}", rules=[rule], policy=[rule]) for n, rule in enumerate(["AST-15", "AST 15", "A/B", "A B"])
    ]
    page = Page(report(tmp_path, rows, RUN))
    assert len(page.ids) == len(set(page.ids))
    targets = [a["href"][1:] for tag, a in page.tags if tag == "a" and a["href"].startswith("#")]
    assert set(targets) <= set(page.ids)


def test_tables_and_charts_are_named(tmp_path: Path) -> None:
    page = Page(report(tmp_path, [row()], RUN))
    tags = [tag for tag, _ in page.tags]
    assert tags.count("caption") == tags.count("table")
    assert all(a.get("scope") in ("col", "row") for tag, a in page.tags if tag == "th")
    for tag, attributes in page.tags:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or attributes.get("role") == "img"
    labelled = [a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a]
    assert {name for names in labelled for name in names.split()} <= set(page.ids)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_it_fits_every_width_and_asks_for_nothing(
    page: BrowserPage, tmp_path: Path, width: int, scheme: str
) -> None:
    rows = [
        row(f"c{n}", site_name="A very long name of a synthetic hospital " * 2, month=f"2024-{n + 1:02}")
        for n in range(12)
    ]
    path = write_report(folder(tmp_path, rows, RUN))
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path.as_uri())
    assert seen == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").inner_text() == "IGRT claim audit"
    colours = "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    ink, paper = (sum(map(int, re.findall(r"\d+", c)[:3])) for c in page.evaluate(colours))
    assert abs(ink - paper) > 450
    assert (ink < paper) is (scheme == "light")


@pytest.mark.browser
def test_samples_open_by_keyboard_and_by_link(page: BrowserPage, tmp_path: Path) -> None:
    page.goto(write_report(folder(tmp_path, [row()], RUN)).as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to what to do first"
    summary = page.locator("#rule-AST-15 > summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#rule-AST-15 code").first.is_visible()
