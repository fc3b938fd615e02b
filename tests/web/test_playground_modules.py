"""The playground's modules one by one, in a real Chromium: JSON faults, corrections, differences, allowed elements."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.web.conftest import Playground

pytestmark = pytest.mark.browser

FAULTS = [
    ("", (1, 1), "The text is empty"),
    (" \n", (2, 1), "The text is empty"),
    ('{\n  "hook": "order-sign",\n}', (3, 1), "A comma stands before this }"),
    ("[1,]", (1, 4), "A comma stands before this ]"),
    ('{\n  "a": 1\n  "b": {}}', (3, 3), "A comma or } is missing"),
    ('{"a": [1 2]}', (1, 10), "A comma or ] is missing"),
    ("{\n  hook: 1}", (2, 3), "The character h cannot stand here"),
    ("{1: 2}", (1, 2), "A name in "),
    ('{"hook" "order-sign"}', (1, 9), "A colon is missing"),
    ('{"hook": }', (1, 10), "A value is missing"),
    ("[,1]", (1, 2), "A value is missing"),
    ('{"hook":\n [1, 2', (2, 7), "ends before ] closes what opened on line 2"),
    ('{"hook": 1', (1, 11), "ends before } closes what opened on line 1"),
    ('{"hook": 1}}', (1, 12), "complete before this"),
    ("01", (1, 2), "complete before this"),
    ("{'hook': 1}", (1, 2), "replace the single quote"),
    ('{"a": "one\ntwo"}', (1, 7), "not closed on its line"),
    ('{"a": "\\x"}', (1, 7), "wrong \\ sequence"),
    ("\ufeff{}", (1, 1), "invisible character (U+FEFF)"),
    ('{"a":\u00a01}', (1, 6), "invisible character (U+00A0)"),
    ('{"a": \U0001f600}', (1, 7), "The character \U0001f600 cannot stand here"),
    ("// note\n{}", (1, 1), "JSON has no comments"),
    ("[" * 100_000, (1, 1), "nested too deeply"),
]


def run(playground: Playground, module: str, body: str, *given: Any) -> Any:
    """What `body` returns: a function body with the module's exports as `its` and `given`."""
    script = f"""async (given) => {{
        const its = await import("/playground/static/{module}.js");
        {body}
    }}"""
    return playground.page.evaluate(script, list(given))


def test_json_faults_are_placed_and_named(playground: Playground) -> None:
    texts = [text for text, _, _ in FAULTS]
    found = run(playground, "jsonfault", "return given.map(its.fault);", *texts)
    for fault, (text, place, what) in zip(found, FAULTS, strict=True):
        assert (fault["line"], fault["column"]) == place, text[:40]
        assert what in fault["what"], text[:40]


def test_what_is_printed_reads_back(playground: Playground) -> None:
    value = {"a": [1, {"b": []}, '\u2028"\\', None], "c": {}, "__proto__": {"d": [[True]]}, "e": 1e-7}
    text = run(playground, "jsontext", "return its.pretty(its.parse(given[0]));", json.dumps(value))
    assert json.loads(text) == value


def test_printing_keeps_the_digits_of_decimals(playground: Playground) -> None:
    text = run(
        playground, "jsontext", "return its.pretty(its.parse(given[0]));", '{"value": 125.40, "n": [1.0, 7]}'
    )
    assert "125.40" in text
    assert "[1.0, 7]" in text


def request(**context: Any) -> dict[str, Any]:
    orders = [{"resource": {"resourceType": "ServiceRequest", "id": name}} for name in ("one", "two")]
    bundle = {"resourceType": "Bundle", "entry": orders}
    return {"hookInstance": "first", "context": {"draftOrders": bundle, **context}, "prefetch": {}}


def applied(playground: Playground, before: dict[str, Any], *actions: dict[str, Any]) -> Any:
    body = """
        const before = JSON.stringify(given[0]);
        const made = its.applied(given[0], {actions: given[1]});
        return {...made, untouched: before === JSON.stringify(given[0])};
    """
    made = run(playground, "apply", body, before, list(actions))
    assert made["untouched"]
    assert made["request"]["hookInstance"] not in ("first", "")
    return made


def ids(made: Any) -> list[str]:
    return [entry["resource"]["id"] for entry in made["request"]["context"]["draftOrders"].get("entry", [])]


def test_an_update_replaces_the_resource_in_its_place(playground: Playground) -> None:
    order = {"resourceType": "ServiceRequest", "id": "one", "status": "draft"}
    made = applied(playground, request(), {"type": "update", "resource": order})
    assert made["request"]["context"]["draftOrders"]["entry"][0] == {"resource": order}
    assert ids(made) == ["one", "two"]
    (change,) = made["changes"]
    assert change["reference"] == "ServiceRequest/one"
    assert "status" not in change["before"]
    assert change["after"] == order


def test_a_delete_removes_the_entry_and_its_selection(playground: Playground) -> None:
    before = request(selections=["ServiceRequest/one", "ServiceRequest/two"])
    made = applied(playground, before, {"type": "delete", "resourceId": "ServiceRequest/one"})
    assert ids(made) == ["two"]
    assert made["request"]["context"]["selections"] == ["ServiceRequest/two"]
    assert made["changes"][0]["after"] is None


def test_deleting_all_leaves_no_empty_array(playground: Playground) -> None:
    deletes = [{"type": "delete", "resourceId": f"ServiceRequest/{name}"} for name in ("one", "two")]
    made = applied(playground, request(), *deletes)
    assert made["request"]["context"]["draftOrders"] == {"resourceType": "Bundle"}


def test_a_create_adds_an_entry(playground: Playground) -> None:
    order = {"resourceType": "ServiceRequest", "id": "three"}
    made = applied(playground, request(), {"type": "create", "resource": order})
    assert ids(made) == ["one", "two", "three"]
    assert made["changes"][0]["before"] is None


def test_an_order_that_only_the_prefetch_holds_is_replaced_there(playground: Playground) -> None:
    before = request()
    before["prefetch"]["serviceRequests"] = before["context"].pop("draftOrders")
    order = {"resourceType": "ServiceRequest", "id": "two", "status": "draft"}
    made = applied(playground, before, {"type": "update", "resource": order})
    assert made["request"]["prefetch"]["serviceRequests"]["entry"][1] == {"resource": order}


def test_a_correction_of_an_unknown_resource_is_a_letter(playground: Playground) -> None:
    body = """
        try { its.applied(given[0], {actions: [given[1]]}); } catch (letter) { return letter.points; }
        return [];
    """
    order = {"type": "update", "resource": {"resourceType": "Claim", "id": "one"}}
    (point,) = run(playground, "apply", body, request(), order)
    assert point["where"] == "Claim/one"


def test_difference_by_lines(playground: Playground) -> None:
    cases = {
        ("a b c", "a b c"): "a b c",
        ("a b c", "a c"): "a -b c",
        ("a c", "a b c"): "a +b c",
        ("a b c d", "a x c y"): "a -b +x c -d +y",
        ("", "a"): "+a",
        ("a b a c", "b a c"): "-a b a c",
        ("a a b", "a b"): "a -a b",
    }
    pairs = [[before.split(), after.split()] for before, after in cases]
    found = run(playground, "diff", "return given.map((pair) => its.lineDiff(...pair));", *pairs)
    signs = {"same": "", "removed": "-", "added": "+"}
    shown = [" ".join(signs[line["kind"]] + line["text"] for line in lines) for lines in found]
    assert shown == list(cases.values())


def test_rendered_markdown_is_cut_down_to_known_elements(playground: Playground) -> None:
    made = playground.page.evaluate(
        """async (html) => {
            const { fromHtml } = await import("/playground/static/dom.js");
            const box = document.createElement("div");
            box.append(fromHtml(html));
            document.body.append(box);
            return box.innerHTML;
        }""",
        '<p onclick="window.pwned=1" style="color:red">a<img src=x onerror="window.pwned=1"></p>'
        '<a href="javascript:window.pwned=1">b</a><a href="https://example.org/" onclick="x">c</a>'
        "<script>window.pwned=1</script><svg onload='window.pwned=1'></svg>",
    )
    link = '<a href="https://example.org/" target="_blank" rel="noopener noreferrer">c</a>'
    assert made == f"<p>a</p><span>b</span>{link}window.pwned=1"
    assert playground.page.evaluate("typeof window.pwned") == "undefined"
    # Even reading such attributes is reported by the browser, as breaches of the page's policy.
    assert playground.complaints
    assert all("Content Security Policy" in complaint for complaint in playground.complaints)
    playground.complaints.clear()
