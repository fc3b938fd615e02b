"""The playground without a browser: fixtures, reasons, Markdown, headers; and that only development has it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from cds_service.app import create_app
from fhir_fixtures import load, stories
from tests.trust import tokens

DOUBLE_BILLED = "hospital-imrt-guidance-double-billed-medicare"
PAGES = (
    "/",
    "/playground/fixtures",
    f"/playground/fixtures/{DOUBLE_BILLED}",
    "/playground/static/playground.js",
)


def content(answer: TestResponse) -> Any:
    return json.loads(answer.get_data())


def markdown(client: FlaskClient, text: str) -> str:
    answer = client.post("/playground/markdown", json={"texts": [text]})
    assert answer.status_code == 200
    (html,) = content(answer)["html"]
    return str(html)


def page_of(client: FlaskClient, path: str) -> tuple[int, Headers, str]:
    """Status, headers and text; the file behind the answer is closed."""
    with client.get(path) as answer:
        return answer.status_code, answer.headers, answer.get_data(as_text=True)


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Reader().feed(html)
    return found


def test_fixtures_are_the_hook_requests_in_the_order_of_the_index(client: FlaskClient) -> None:
    listed = content(client.get("/playground/fixtures"))
    assert listed == [{"name": s.name, "story": s.story, "service": s.service} for s in stories()]
    assert "check-order-imrt-course-clean" not in {entry["name"] for entry in listed}


def test_each_fixture_comes_as_it_is_and_names_a_service_of_its_hook(client: FlaskClient) -> None:
    hooks = {entry["id"]: entry["hook"] for entry in content(client.get("/cds-services"))["services"]}
    for entry in content(client.get("/playground/fixtures")):
        answer = client.get(f"/playground/fixtures/{entry['name']}")
        assert answer.mimetype == "application/json"
        assert content(answer) == load(entry["name"])
        assert hooks[entry["service"]] == content(answer)["hook"]


@pytest.mark.parametrize("name", ["no-such-fixture", "check-order-imrt-course-clean", "..%2Findex.yaml"])
def test_unknown_fixture_is_a_letter(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/playground/fixtures/{name}")
    assert answer.status_code == 404
    assert content(answer)["resourceType"] == "OperationOutcome"


def test_explain_names_rule_line_condition_and_value(client: FlaskClient) -> None:
    answer = client.post("/playground/explain?service=igrt-claim-review", json=load(DOUBLE_BILLED))
    assert answer.status_code == 200
    (spoke,) = (entry for entry in content(answer)["trace"] if entry["spoke"])
    assert (spoke["unit"], spoke["line"]) == ("Claim/claim-under-review", "77387-TC 2023-05-08")
    assert "AST-15" in spoke["cites"]
    values = {condition["text"]: condition["value"] for condition in spoke["conditions"]}
    assert values["side is hospital"] == "hospital"


def card_rules(client: FlaskClient) -> Iterator[tuple[str, list[str], list[dict]]]:
    """(fixture, statements of one finding, trace) of every finding of every fixture."""
    for story in stories():
        body = story.path.read_bytes()
        answer = client.post(f"/cds-services/{story.service}", data=body, content_type="application/json")
        if answer.status_code != 200:
            continue
        trace = content(client.post(f"/playground/explain?service={story.service}", data=body))["trace"]
        for card in content(answer)["cards"]:
            for finding in card["extension"]["org.igrt-cds.findings"]:
                yield story.name, finding.get("rules", []), trace


def test_each_finding_is_explained_by_a_rule_that_spoke(client: FlaskClient) -> None:
    seen = 0
    for name, rules, trace in card_rules(client):
        seen += 1
        cited = {statement for entry in trace if entry["spoke"] for statement in entry["cites"]}
        assert cited & set(rules), f"{name}: nothing in the trace explains {rules}"
    assert seen > 50


def test_explain_refuses_as_the_service_does(client: FlaskClient) -> None:
    request = load("order-without-prefetch")
    answer = client.post("/cds-services/igrt-order-sign", json=request)
    explained = client.post("/playground/explain?service=igrt-order-sign", json=request)
    assert (explained.status_code, content(explained)) == (412, content(answer))


@pytest.mark.parametrize(
    ("query", "status"), [("", 400), ("?service=", 400), ("?service=no-such-service", 404)]
)
def test_explain_wants_a_service(client: FlaskClient, query: str, status: int) -> None:
    answer = client.post(f"/playground/explain{query}", json=load(DOUBLE_BILLED))
    assert answer.status_code == status
    assert content(answer)["issue"][0]["diagnostics"]


def test_markdown_has_tables_and_strikethrough(client: FlaskClient) -> None:
    html = markdown(client, "code | units\n-----|----:\n77387 | 1\n\n~~gone~~ **bold**")
    assert [tag for tag, _ in elements(html)].count("td") == 2
    assert "<s>gone</s>" in html
    assert "<strong>bold</strong>" in html
    assert "style" not in html


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "word <b onclick=x>word</b>",
        "<div>\n\n# title\n\n</div>",
        "![picture](https://example.org/x.png)",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[a](http://example.org/)",
        "[a](//example.org/)",
        "[a][r]\n\n[r]: javascript:alert(1)",
        "<javascript:alert(1)>",
    ],
)
def test_markdown_makes_nothing_that_acts_or_loads(client: FlaskClient, text: str) -> None:
    for tag, attributes in elements(markdown(client, text)):
        assert tag in {"p", "h1", "a"}
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style")]
        assert (attributes.get("href") or "https://").startswith("https://")


def test_markdown_links_open_apart(client: FlaskClient) -> None:
    html = markdown(client, "[source](https://www.astro.org/)")
    (link,) = (attributes for tag, attributes in elements(html) if tag == "a")
    assert link == {"href": "https://www.astro.org/", "rel": "noopener noreferrer", "target": "_blank"}


@pytest.mark.parametrize(
    "body", ["[]", "null", '{"texts": "x"}', '{"texts": [1]}', '{"texts": [null]}', '{"text": []}']
)
def test_markdown_refuses_other_bodies(client: FlaskClient, body: str) -> None:
    answer = client.post("/playground/markdown", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert content(answer)["issue"][0]["expression"] == ["texts"]


@pytest.mark.parametrize(
    ("body", "pointer"), [("", None), ("{", None), ('{"texts": ["a"], "texts": []}', ["/texts"])]
)
def test_markdown_reads_only_what_the_gate_lets_through(
    client: FlaskClient, body: str, pointer: list[str] | None
) -> None:
    answer = client.post("/playground/markdown", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert content(answer)["issue"][0].get("expression") == pointer


@pytest.mark.parametrize("texts", [["x"] * 201, ["x" * 20_001]])
def test_markdown_refuses_too_much(client: FlaskClient, texts: list[str]) -> None:
    assert client.post("/playground/markdown", json={"texts": texts}).status_code == 413


@pytest.mark.parametrize("path", PAGES)
def test_pages_allow_only_their_own_files(client: FlaskClient, path: str) -> None:
    status, headers, _ = page_of(client, path)
    assert status == 200
    policy = dict(part.split(maxsplit=1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "img-src")} == {"'self'"}
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_page_has_nothing_inline_and_all_its_files(client: FlaskClient) -> None:
    _, _, html = page_of(client, "/")
    for tag, attributes in elements(html):
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert tag != "style"
        assert tag != "script" or attributes["src"]
        for name in ("src", "href"):
            target = attributes.get(name) or "#"
            if target.startswith("#"):
                continue
            assert target.startswith("/playground/static/")
            assert page_of(client, target)[0] == 200


def test_modules_import_only_their_neighbours(client: FlaskClient) -> None:
    known: set[str] = set()
    waiting = ["playground.js"]
    while waiting:
        name = waiting.pop()
        known.add(name)
        status, headers, text = page_of(client, f"/playground/static/{name}")
        assert status == 200, name
        assert "javascript" in headers["Content-Type"]
        imports = re.findall(r'^(?:import|export)\b[^;]*?\bfrom "([^"]+)"', text, re.MULTILINE)
        assert all(re.fullmatch(r"\./[a-z]+\.js", target) for target in imports)
        waiting += [target[2:] for target in imports if target[2:] not in known]
    assert "dom.js" in known


@pytest.mark.parametrize("path", PAGES)
def test_only_development_has_pages(path: str) -> None:
    assert (
        create_app(tokens.settings(), registry=tokens.registry()).test_client().get(path).status_code == 404
    )


@pytest.mark.parametrize("path", ["/playground/explain?service=igrt-claim-review", "/playground/markdown"])
def test_only_development_has_helpers(path: str) -> None:
    client = create_app(tokens.settings(), registry=tokens.registry()).test_client()
    assert (
        client.post(path, data=json.dumps({"texts": []}), content_type="application/json").status_code == 404
    )
