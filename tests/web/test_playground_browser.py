"""The playground as a person uses it, in a real Chromium against the real service."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from fhir_fixtures import load, stories
from tests.web.conftest import Playground

pytestmark = pytest.mark.browser

DOUBLE_BILLED = "hospital-imrt-guidance-double-billed-medicare"
TWO_CARDS = "turn-of-year-office-medicare"
UNKNOWN_PAYER = "unknown-payer-hospital-imrt-guidance-double-billed"
CLEAN = "hospital-imrt-clean-medicare"
REFUSED = "order-without-prefetch"
HOSTILE = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>"


def claim_of(request: dict[str, Any]) -> dict[str, Any]:
    claim: dict[str, Any] = request["context"]["claims"]["entry"][0]["resource"]
    return claim


def codes(text: str) -> list[str]:
    """The billing codes of the claim in a request."""
    return [item["productOrService"]["coding"][0]["code"] for item in claim_of(json.loads(text))["item"]]


def test_choosing_a_fixture_shows_its_card(playground: Playground) -> None:
    playground.choose(DOUBLE_BILLED)
    expect(playground.cards).to_have_count(1)
    card = playground.cards.first
    expect(card.locator(".badge")).to_contain_text("Critical")
    expect(card.get_by_role("heading")).to_contain_text("77387-TC")
    expect(card.get_by_role("link", name="ASTRO")).to_have_attribute("href", re.compile("^https://"))
    expect(card.locator(".facts")).to_contain_text("AST-15")
    expect(card.locator(".facts")).to_contain_text("77387-TC (Claim/claim-under-review, line 2, 2023-05-08)")
    expect(playground.page.get_by_role("status").filter(has_text="1 card: 1 critical")).to_be_visible()
    expect(playground.page.locator("#service")).to_have_value("igrt-claim-review")
    assert json.loads(playground.text) == load(DOUBLE_BILLED)


def test_detail_is_folded_and_rendered(playground: Playground) -> None:
    playground.choose(DOUBLE_BILLED)
    detail = playground.cards.first.locator("details.detail")
    expect(detail.locator(".prose")).to_be_hidden()
    detail.locator("summary").click()
    expect(detail.locator("strong").first).to_have_text("Found.")
    expect(detail.locator("li").first).to_contain_text("77387-TC: 2023-05-08 (line 2)")
    expect(detail.locator("a").first).to_have_attribute("rel", "noopener noreferrer")


def test_cards_stand_in_the_order_of_the_answer_each_with_its_word(playground: Playground) -> None:
    playground.choose(UNKNOWN_PAYER)
    playground.page.get_by_role("tab", name="JSON").click()
    answer = json.loads(playground.page.get_by_role("region", name="Response").inner_text())
    words = {"critical": "Critical", "warning": "Warning", "info": "Info"}
    playground.page.get_by_role("tab", name="Cards").click()
    shown = [text.split()[-1] for text in playground.cards.locator(".badge").all_inner_texts()]
    assert shown == [words[card["indicator"]] for card in answer["cards"]]
    assert len(set(shown)) == 2
    assert playground.cards.get_by_role("heading").all_inner_texts() == [
        c["summary"] for c in answer["cards"]
    ]


def test_a_suggestion_settles_the_finding_and_shows_the_correction(playground: Playground) -> None:
    page = playground.page
    playground.choose(DOUBLE_BILLED)
    before = json.loads(playground.text)
    page.get_by_role("button", name="Apply: Remove 77387").click()
    expect(page.get_by_text("No card: no rule applies", exact=True)).to_be_visible()
    expect(playground.cards).to_have_count(0)

    diff = page.get_by_role("region", name="Changes in Claim/claim-under-review")
    removed = "".join(diff.locator("del").all_inner_texts())
    assert '"code": "77387"' in removed
    assert "77386" not in removed
    assert diff.locator("ins").all_inner_texts() in ([], ["+     }"])
    after = json.loads(playground.text)
    assert codes(playground.text) == ["77386"]
    assert after["hookInstance"] != before["hookInstance"]
    claim_of(before)["item"].pop(1)
    assert after == {**before, "hookInstance": after["hookInstance"]}
    expect(page.locator("#history li")).to_have_text(["As received → 1 card", "Remove 77387 → no card"])
    expect(page.locator("#answer-title")).to_be_focused()


def test_undo_brings_back_request_and_cards(playground: Playground) -> None:
    page = playground.page
    playground.choose(DOUBLE_BILLED)
    received = playground.text
    page.get_by_role("button", name="Apply: Remove 77387").click()
    page.get_by_role("button", name="Undo: Remove 77387").click()
    expect(playground.cards).to_have_count(1)
    assert playground.text == received
    expect(page.locator("#history")).to_be_hidden()


def test_corrections_follow_one_another_until_none_is_left(playground: Playground) -> None:
    page = playground.page
    playground.choose(TWO_CARDS)
    expect(playground.cards).to_have_count(2)
    page.get_by_role("button", name="Apply: Replace G6015 by 77407").click()
    expect(playground.cards).to_have_count(1)
    page.get_by_role("button", name="Apply: Replace 77014 by 77387-26").click()
    expect(page.get_by_text("No card: no rule applies", exact=True)).to_be_visible()
    expect(page.locator("#history li")).to_have_count(3)
    page.get_by_role("button", name="Undo: Replace 77014 by 77387-26").click()
    expect(playground.cards).to_have_count(1)
    expect(page.locator("#history li")).to_have_count(2)
    assert "77407" in codes(playground.text)
    assert "77014" in codes(playground.text)


def test_corrections_wait_for_an_edit_to_be_asked(playground: Playground) -> None:
    page = playground.page
    playground.choose(DOUBLE_BILLED)
    page.locator("#editor > summary").click()
    page.locator("#body").fill(playground.text + "\n")
    page.get_by_role("button", name="Apply: Remove 77387").click()
    expect(page.get_by_role("alert")).to_contain_text("Press Ask first")
    assert codes(playground.text) == ["77386", "77387"]
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#history li")).to_have_text(["As received → 1 card", "Edited by hand → 1 card"])


def test_an_edit_by_hand_is_a_step_with_its_change(playground: Playground) -> None:
    playground.choose(DOUBLE_BILLED)
    playground.ask(playground.text.replace('"code": "77386"', '"code": "77402"'))
    diff = playground.page.get_by_role("region", name="Changes in Request")
    assert [line for line in diff.locator("del").all_inner_texts() if "77386" in line]
    assert [line for line in diff.locator("ins").all_inner_texts() if "77402" in line]
    expect(diff.locator("del")).to_have_count(1)


def test_decimals_keep_their_digits(playground: Playground) -> None:
    sent: list[str | None] = []
    playground.choose(CLEAN)
    playground.ask(json.dumps(load(DOUBLE_BILLED)).replace("125.4", "125.40"))
    playground.page.on("request", lambda request: sent.append(request.post_data))
    playground.page.get_by_role("button", name="Apply: Remove 77387").click()
    expect(playground.cards).to_have_count(0)
    assert sent[0] is not None
    assert re.findall(r'"value": (125\.[0-9]+)', sent[0]) == ["125.40", "125.40"]


def test_why_names_rule_policy_condition_and_value(playground: Playground) -> None:
    playground.choose(DOUBLE_BILLED)
    why = playground.cards.first.locator("details.why")
    why.locator("summary").click()
    expect(why).to_contain_text("astro.components")
    expect(why).to_contain_text("AST-15")
    row = why.get_by_role("row").filter(has_text="side is hospital")
    expect(row.get_by_role("cell")).to_have_text(["side is hospital", "hospital", "holds"])


def test_all_rules_can_be_filtered(playground: Playground) -> None:
    page = playground.page
    playground.choose("twenty-dates-missing-modifier-medicare")
    page.get_by_role("tab", name="Why: all rules").click()
    panel = page.get_by_role("tabpanel", name="Why: all rules")
    entries = panel.locator(".trace > li")
    expect(entries).to_have_count(20)
    panel.get_by_role("radio", name="Not known").check()
    expect(entries.first.locator(".chip")).to_have_text("not known")
    panel.get_by_role("radio", name="All").check()
    panel.get_by_role("searchbox").fill("AST-15 2025-06-02")
    found = [text for text in entries.all_inner_texts() if text]
    assert found
    assert all("AST-15" in text and "2025-06-02" in text for text in found)
    entries.first.locator("summary").click()
    expect(entries.first.get_by_role("row").nth(1)).to_be_visible()


def test_dismissing_shows_the_reason_and_can_be_taken_back(playground: Playground) -> None:
    playground.choose(DOUBLE_BILLED)
    card = playground.cards.first
    card.get_by_label("Reason to dismiss").select_option("The card rests on wrong or outdated data")
    card.get_by_role("button", name="Dismiss").click()
    expect(card.locator(".dismissed")).to_contain_text("Dismissed: The card rests on wrong or outdated data")
    expect(card.get_by_role("button", name="Apply: Remove 77387")).to_be_hidden()
    card.get_by_role("button", name="Show again").click()
    expect(card.get_by_role("button", name="Apply: Remove 77387")).to_be_visible()


def test_a_refusal_is_shown_as_the_service_words_it(playground: Playground) -> None:
    playground.choose(REFUSED)
    letter = playground.page.locator("#panel-cards .letter")
    expect(letter).to_contain_text("HTTP 412")
    expect(letter).to_contain_text("prefetch.coverage: No Coverage was supplied")
    expect(playground.page.locator("#status")).to_contain_text("Refused")
    playground.refused(412)


def test_a_request_for_another_hook_is_refused(playground: Playground) -> None:
    playground.choose(DOUBLE_BILLED)
    playground.page.get_by_label("Service").select_option("igrt-order-sign")
    playground.ask()
    expect(playground.page.locator("#panel-cards .letter")).to_contain_text("HTTP 400")
    expect(playground.page.locator("#panel-cards .letter")).to_contain_text("hook:")
    playground.refused(400)


def test_what_is_not_json_is_not_sent(playground: Playground) -> None:
    playground.ask('{\n  "hook": "order-sign",\n}')
    letter = playground.page.get_by_role("alert")
    expect(letter).to_contain_text("line 3, column 1: A comma stands before this }")
    expect(playground.page.locator("#body")).to_have_attribute("aria-invalid", "true")
    assert not [url for url in playground.requests if "/cds-services/" in url]


def test_the_letter_leads_to_the_place(playground: Playground) -> None:
    page = playground.page
    start = json.dumps({"long": "x" * 400, **{f"n{n}": n for n in range(200)}}, indent=1)[:-2]
    playground.ask(start + "\n}}" + "\n" * 200)
    page.get_by_role("button", name="Go to this place").click()
    expect(page.locator("#body")).to_be_focused()
    assert page.evaluate("document.activeElement.selectionStart") == len(start) + 2
    # Line 203 of 404 stands inside the editor's window.
    top, height, window = page.evaluate(
        "(({scrollTop, scrollHeight, clientHeight}) => [scrollTop, scrollHeight, clientHeight])(document.activeElement)"
    )
    assert top < height * 203 / 404 < top + window


def test_mending_the_json_takes_the_letter_away(playground: Playground) -> None:
    playground.ask("{")
    playground.ask(json.dumps(load(DOUBLE_BILLED)))
    expect(playground.page.locator("#problem")).to_be_empty()
    expect(playground.cards).to_have_count(1)


def test_a_pasted_request_finds_its_service(playground: Playground) -> None:
    story = next(
        story for story in stories() if story.service == "igrt-order-sign" and story.expected.findings
    )
    playground.choose(DOUBLE_BILLED)
    playground.ask(json.dumps(story.request()))
    expect(playground.page.locator("#service")).to_have_value("igrt-order-sign")
    expect(playground.page.locator("#status")).to_contain_text("igrt-order-sign answered 200")


def test_hostile_text_stays_text(playground: Playground) -> None:
    changed = load(UNKNOWN_PAYER)
    claim = claim_of(changed)
    claim["id"] = HOSTILE
    claim["contained"][0]["name"] = HOSTILE
    claim["item"][1]["productOrService"]["text"] = HOSTILE
    coverage = changed["prefetch"]["coverage"]["entry"][0]["resource"]
    coverage["payor"] = [{"display": HOSTILE}]
    playground.ask(json.dumps(changed))
    page = playground.page
    expect(playground.cards.first.locator(".facts")).to_contain_text("<img src=x onerror=")
    expect(playground.cards.first.locator(".prose")).to_contain_text("<img src=x onerror=")
    for summary in page.locator("article summary").all():
        summary.click()
    page.get_by_role("button", name=re.compile("^Apply: Remove")).first.click()
    expect(page.locator("#history li")).to_have_count(2)
    for tab in ("Why: all rules", "JSON"):
        page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("region", name="Request as sent")).to_contain_text("<img src=x onerror=")
    assert page.locator("body img, body script, body iframe").count() == 0
    assert page.evaluate("typeof window.pwned") == "undefined"


def test_the_address_keeps_the_fixture_and_nothing_else(playground: Playground) -> None:
    page = playground.page
    playground.choose(DOUBLE_BILLED)
    playground.choose(CLEAN)
    assert page.url == f"{playground.address}/#{CLEAN}"
    page.reload()
    expect(page.locator("#story")).to_have_text(next(s.story for s in stories() if s.name == CLEAN))
    expect(page.get_by_text("No card: no rule applies", exact=True)).to_be_visible()
    page.go_back()
    expect(playground.cards).to_have_count(1)
    expect(page.locator("#fixtures [aria-current]")).to_have_attribute("data-name", DOUBLE_BILLED)
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.context.cookies() == []


def test_an_address_without_such_a_fixture_is_a_letter(playground: Playground) -> None:
    playground.page.goto("about:blank")
    playground.open("no-such-fixture")
    expect(playground.page.get_by_role("alert")).to_contain_text("no-such-fixture: Choose one from the list.")


def test_the_list_is_found_by_words_of_story_and_name(playground: Playground) -> None:
    page = playground.page
    page.get_by_role("searchbox", name="Find by word, code or payer").fill("imrt DOUBLE medicare")
    shown = page.locator("#fixtures li:visible button")
    names = [button.get_attribute("data-name") or "" for button in shown.all()]
    assert DOUBLE_BILLED in names
    texts = [text.lower() for text in shown.all_inner_texts()]
    assert all(word in text for text in texts for word in ("imrt", "double", "medicare"))
    assert len(names) < len(stories()) // 2
    expect(page.locator("#found")).to_have_text(f"{len(names)} of {len(stories())} fixtures")


def test_everything_can_be_done_with_the_keyboard(playground: Playground) -> None:
    page = playground.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the request")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("double billed medicare")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator(f'[data-name="{DOUBLE_BILLED}"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(playground.cards).to_have_count(1)
    for name in ("Service", "Ask"):
        page.keyboard.press("Tab")
        expect(page.locator(f"#{name.lower()}")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tabpanel", name="Why: all rules")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="ASTRO")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No card: no rule applies", exact=True)).to_be_visible()


def test_control_and_enter_asks(playground: Playground) -> None:
    playground.page.locator("#body").fill(json.dumps(load(DOUBLE_BILLED)))
    playground.page.locator("#body").press("Control+Enter")
    expect(playground.cards).to_have_count(1)


def test_every_control_has_a_name(playground: Playground) -> None:
    playground.choose(DOUBLE_BILLED)
    playground.page.get_by_role("tab", name="Why: all rules").click()
    nameless = playground.page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, textarea, a, [role=region]")]
            .filter((node) => !(node.labels?.length || node.getAttribute("aria-label") || node.textContent.trim()))
            .map((node) => node.outerHTML)"""
    )
    assert nameless == []


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_is_wider_than_the_screen(playground: Playground, width: int, height: int) -> None:
    page = playground.page
    page.set_viewport_size({"width": width, "height": height})
    playground.choose("freestanding-conventional-cpt-codes-medicare")
    for summary in page.locator("article summary").all():
        summary.click()
    page.locator(".suggestions button").first.click()
    expect(page.locator("#history")).to_be_visible()
    for tab in ("Why: all rules", "JSON", "Cards"):
        page.get_by_role("tab", name=tab).click()
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_page_says_what_it_is(playground: Playground) -> None:
    banner = playground.page.get_by_role("note")
    for words in ("Development mode", "Synthetic data only", "What is kept: which rules spoke"):
        expect(banner).to_contain_text(words)


def test_a_service_that_is_gone_is_a_letter(playground: Playground) -> None:
    playground.choose(DOUBLE_BILLED)
    playground.page.route("**/cds-services/**", lambda route: route.abort())
    playground.ask()
    expect(playground.page.get_by_role("alert")).to_contain_text("cannot be reached")
    expect(playground.cards).to_have_count(1)
    assert playground.complaints.pop().startswith("Failed to load resource")


def test_a_fixture_that_cannot_be_asked_stands_beside_no_answer_to_another(playground: Playground) -> None:
    playground.choose(DOUBLE_BILLED)
    playground.page.route("**/cds-services/**", lambda route: route.abort())
    playground.choose(CLEAN)
    alert = playground.page.get_by_role("alert")
    expect(alert).to_contain_text("cannot be reached")
    expect(alert).not_to_contain_text("still the one before")
    expect(playground.cards).to_have_count(0)
    expect(playground.page.locator("#status")).to_have_text("Nothing asked yet.")
    assert playground.complaints.pop().startswith("Failed to load resource")
