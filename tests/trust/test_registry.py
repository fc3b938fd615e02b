"""The registry's file: what it means, and a letter with its line for everything that is wrong with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.trust.registry import TrustError, load_registry, parse_registry
from cds_service.trust.sandbox import ISSUER, names_sandbox
from cds_service.trust.writing import add_client
from tests.trust.tokens import key, key_set

GOOD = """\
clients:
  - name: lakeside-epic
    profile: epic
    issuer: https://epic.lakeside.example/FHIR/api/FHIR/R4
    jwks_url: https://epic.lakeside.example/FHIR/api/epic/2019/Security/Open/PublicKeys/530013/530013
    algorithms: [RS384]
    fhir_bases:
      - https://epic.lakeside.example/FHIR/api/FHIR/R4
    audiences: [https://cds.example.org/cds-services]
    origins: [https://app.lakeside.example, "https://app.lakeside.example:8443"]
  - name: north
    profile: oracle
    issuer: https://cds-hooks.cerner.com
    jwks_url: https://keys.example.org/jwk?set=1
    tenants: [north-1, north-2]
  - name: south
    profile: oracle
    issuer: https://cds-hooks.cerner.com
    jwks_url: https://keys.example.org/jwk?set=1
    tenants: [south]
"""


def letters(text: str, folder: Path = Path(), development: bool = False) -> list[str]:
    try:
        parse_registry(text, "trust.yaml", folder, development=development)
    except TrustError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_a_registry_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "trust.yaml"
    path.write_text(GOOD)
    registry = load_registry(path)
    epic, north, south = registry.clients
    assert epic.algorithms == ("RS384",)
    assert epic.fhir_bases == (epic.issuer,)
    assert epic.origins == {"https://app.lakeside.example", "https://app.lakeside.example:8443"}
    assert epic.audiences == {"https://cds.example.org/cds-services"}
    assert north.algorithms == ("ES384", "RS384")
    assert north.tenants == {"north-1", "north-2"}
    assert registry.by_issuer["https://cds-hooks.cerner.com"] == (north, south)


CHANGES = [
    ("profile: epic", "profile: epik", 3, "`epik` is not known here. Use one of: epic, oracle"),
    (
        "    jwks_url: https://epic",
        "    jwks: https://epic",
        5,
        "there is no member `jwks`. Did you mean `jwks_url`?",
    ),
    ("name: north", "name: lakeside-epic", 11, "[lakeside-epic]: name: line 2 has this name too."),
    ("name: north", "name: North West", 11, "`North West` is not of the right form."),
    ("name: north", "name: development", 11, "is the name of callers without a token"),
    ("tenants: [south]", "tenants: [north-2]", 20, "tenants, 1: the tenant is that of north already."),
    ("    tenants: [south]\n", "", 18, "not both have tenants"),
    ("    tenants: [north-1, north-2]\n", "", 17, "not both have tenants"),
    ("    tenants: [south]\n", "", 16, "`tenants` is missing"),
    ("algorithms: [RS384]", "algorithms: [HS256]", 6, "`HS256` is not known here."),
    ("algorithms: [RS384]", "algorithms: [none]", 6, "`none` is not known here."),
    ("https://app.lakeside.example,", "'*',", 10, "origins, 1: `*` is no plain address."),
    ("https://app.lakeside.example,", "'null',", 10, "`null` is no plain address."),
    ("https://app.lakeside.example,", "https://app.lakeside.example/,", 10, "has a path."),
    (
        "- https://epic.lakeside.example/FHIR/api/FHIR/R4",
        "- http://epic.lakeside.example/r4",
        8,
        "is not https.",
    ),
    ("- https://epic.lakeside.example/FHIR/api/FHIR/R4", "- http://127.0.0.1/r4", 8, "is not https."),
    (
        "- https://epic.lakeside.example/FHIR/api/FHIR/R4",
        "- https://u@epic.example/r4",
        8,
        "is no plain address.",
    ),
    ("- https://epic.lakeside.example/FHIR/api/FHIR/R4", "- https://epic.example/a/../b", 8, "dotted part"),
    ("- https://epic.lakeside.example/FHIR/api/FHIR/R4", "- https://epic.example/./b", 8, "dotted part"),
    ("- https://epic.lakeside.example/FHIR/api/FHIR/R4", "- https://epic.example/a//b", 8, "dotted part"),
    ("- https://epic.lakeside.example/FHIR/api/FHIR/R4", "- https://epic.example:65536/b", 8, "no plain"),
    ("- https://epic.lakeside.example/FHIR/api/FHIR/R4", "- https://epic.example/r4?x=1", 8, "has a query."),
    ("- https://epic.lakeside.example/FHIR/api/FHIR/R4", "- https://0x7f.1/r4", 8, "is no plain address."),
    (
        "issuer: https://epic.lakeside.example/FHIR/api/FHIR/R4",
        "issuer: epic",
        4,
        "`epic` is not of the right form",
    ),
    (
        "issuer: https://epic.lakeside.example/FHIR/api/FHIR/R4",
        "issuer: 'a: b'",
        4,
        "is not of the right form",
    ),
    ("clients:\n", "client:\n", 1, "`clients` is missing"),
    (
        "    profile: epic\n",
        "    profile: epic\n    profile: epic\n",
        4,
        "`profile` stands here and in line 3.",
    ),
    ("    profile: epic\n", "", 2, "`profile` is missing."),
]


@pytest.mark.parametrize(("old", "new", "line", "said"), CHANGES, ids=[said for *_, said in CHANGES])
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, line: int, said: str) -> None:
    found = letters(GOOD.replace(old, new, 1))
    assert any(re.match(rf"trust\.yaml:{line}[: ]", letter) and said in letter for letter in found), found


def test_all_problems_are_told_at_once() -> None:
    text = GOOD.replace("https://app.lakeside.example,", "'*',").replace("[south]", "[north-1]")
    assert len(letters(text)) == 2


def test_a_file_that_is_one_text_is_not_quoted() -> None:
    (letter,) = letters("-----BEGIN PRIVATE KEY-----\nc3ludGhldGlj\n-----END PRIVATE KEY-----\n")
    assert "trust.yaml:1: the file: what it holds, one text, is not a mapping" in letter
    assert "c3ludGhldGlj" not in letter


def test_same_issuer_same_keys() -> None:
    text = GOOD.replace("set=1", "set=2", 1)
    assert "other keys or algorithms" in letters(text)[0]


def test_keys_in_the_file_and_beside_it(tmp_path: Path) -> None:
    head = "clients:\n  - name: a\n    profile: generic\n    issuer: https://a.example\n"
    (tmp_path / "a.json").write_text(json.dumps(key_set(key())))
    (tmp_path / "weak.json").write_text(json.dumps(key_set(key("weak", "RS384", 1024))))
    (tmp_path / "list.json").write_text("[]")
    inline = f"    keys:\n      - {json.dumps(key().jwk())}\n"
    assert letters(head + inline) == []
    assert letters(head + "    keys_file: a.json\n", tmp_path) == []
    assert "there is nothing to check its tokens with" in letters(head)[0]
    assert "both stand here" in letters(head + inline + "    keys_file: a.json\n", tmp_path)[0]
    assert "no key here can check a signature" in letters(head + "    keys_file: weak.json\n", tmp_path)[0]
    assert "is no JSON object" in letters(head + "    keys_file: list.json\n", tmp_path)[0]
    assert "cannot be read" in letters(head + "    keys_file: none.json\n", tmp_path)[0]


ADDED = {"name": "added", "profile": "generic", "issuer": "https://added.example", "keys": [key().jwk()]}


@pytest.mark.parametrize("mode", [0o640, 0o600])
@pytest.mark.parametrize("end", ["", "\n", "\n\n# the last line\n"])
def test_a_client_is_added_behind_what_stands_there(tmp_path: Path, end: str, mode: int) -> None:
    path = tmp_path / "trust.yaml"
    path.write_text(GOOD.rstrip() + end)
    path.chmod(mode)
    text = add_client(path, ADDED, development=False)
    assert path.read_text().startswith(GOOD.rstrip() + end)
    assert path.read_text().endswith("\n" + text)
    assert path.stat().st_mode & 0o777 == mode
    assert [one.name for one in load_registry(path).clients] == ["lakeside-epic", "north", "south", "added"]


@pytest.mark.parametrize(
    "audience",
    ["urn:x", "urn:x:", "#a", "-a", "'a'", '"a"', "[a]", "*a", "yes", "a,b", "%a"],
)
def test_a_text_is_written_so_that_it_is_read_back(tmp_path: Path, audience: str) -> None:
    path = tmp_path / "trust.yaml"
    add_client(path, ADDED | {"audiences": [audience, "last"]}, development=False)
    (made,) = load_registry(path).clients
    assert made.audiences == {audience, "last"}


def test_a_client_that_could_not_be_loaded_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "trust.yaml"
    path.write_text(GOOD)
    with pytest.raises(TrustError, match="name"):
        add_client(path, ADDED | {"name": "north"}, development=False)
    assert path.read_text() == GOOD
    assert list(tmp_path.iterdir()) == [path]


def test_http_on_this_machine_is_for_development() -> None:
    text = GOOD.replace("https://keys.example.org", "http://127.0.0.1:9000")
    assert len(letters(text)) == 2
    assert letters(text, development=True) == []
    for here in ("localhost", "[::1]"):
        assert letters(text.replace("127.0.0.1", here), development=True) == []
    assert len(letters(text.replace("127.0.0.1", "10.0.0.1"), development=True)) == 2


SPELLINGS = [
    ISSUER,
    f"{ISSUER}/",
    "HTTPS://SANDBOX.CDS-HOOKS.ORG",
    "https://sandbox.cds-hooks.org:443",
    "https://sandbox.cds-hooks.org.",
    "https://sandbox%2Ecds-hooks.org",
    "https://sandbox%252Ecds-hooks.org",
    "https://me@sandbox.cds-hooks.org/",
    "https://x.sandbox.cds-hooks.org",
    "http://sandbox.cds-hooks.org?x",
]


@pytest.mark.parametrize("issuer", SPELLINGS)
def test_the_public_sandbox_is_refused_however_it_is_spelt(issuer: str, tmp_path: Path) -> None:
    path = tmp_path / "trust.yaml"
    path.write_text(
        f"clients:\n  - name: a\n    profile: generic\n    issuer: {issuer}\n    jwks_url: https://a.example/jwks\n"
    )
    with pytest.raises(TrustError, match="public CDS Hooks sandbox"):
        load_registry(path)
    with pytest.raises(TrustError, match="public CDS Hooks sandbox"):
        create_app(Settings(trust=path, public_url="https://cds.example.org"))
    assert load_registry(path, development=True).clients


@pytest.mark.parametrize(
    "change",
    [
        "profile: sandbox\n    jwks_url: https://a.example/jwks",
        "profile: generic\n    jwks_url: https://sandbox.cds-hooks.org/.well-known/jwks.json",
    ],
)
def test_the_sandbox_is_refused_by_its_profile_and_its_key_address(change: str) -> None:
    text = f"clients:\n  - name: a\n    issuer: https://a.example\n    {change}\n"
    assert "Its private key is public" in letters(text)[0]
    assert letters(text, development=True) == []


@pytest.mark.parametrize("odd", [" ", "\t", "\u00a0", "\u200b", "\u00ad", "\x00"])
def test_blanks_and_invisible_characters_do_not_hide_the_sandbox(odd: str) -> None:
    assert names_sandbox(f"https://sand{odd}box.cds-hooks{odd}.org")


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_no_other_text_is_taken_for_the_sandbox(text: str) -> None:
    """Full-width letters and dots are: the letters of the name have to be there in some form."""
    assert not names_sandbox(text) or "sandbox" in text.casefold() or not text.isascii()
    assert names_sandbox("https://ＳＡＮＤＢＯＸ。cds-hooks．org" + text)
