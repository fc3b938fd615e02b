"""`igrt-cds trust`: clients are registered, listed and checked, and a refused token is explained."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cds_service.trust.registry import load_registry
from cds_service.trust.sandbox import ISSUER, PUBLIC_KEY
from tests.cli.conftest import Igrt, Ran, igrt
from tests.trust import tokens
from tests.trust.tokens import PUBLIC_URL, key, key_set, token

__all__ = ["igrt"]

URL = f"{PUBLIC_URL}/cds-services/igrt-order-sign"
BASE = "https://epic.lakeside.example/FHIR/api/FHIR/R4"
OTHER = "https://second.lakeside.example/FHIR/R4"
JKU = "https://epic.lakeside.example/FHIR/api/epic/2019/Security/Open/PublicKeys/530013/530013"


@pytest.fixture
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "trust.yaml"
    monkeypatch.setenv("IGRT_CDS_TRUST", str(path))
    return path


@pytest.fixture
def example(trust: Path) -> Path:
    """A registry with one client, its keys beside it."""
    (trust.parent / "ehr.json").write_text(json.dumps(key_set(key())))
    trust.write_text(
        "clients:\n  - name: example-ehr\n    profile: generic\n"
        f"    issuer: {tokens.ISSUER}\n    keys_file: ehr.json\n"
    )
    return trust


def test_each_profile_is_added_to_one_file(igrt: Igrt, trust: Path) -> None:
    epic = igrt(
        *("trust", "add", "lakeside-epic", "--profile", "epic", "--issuer", BASE, "--jwks-url", JKU),
        *("--origin", "https://app.lakeside.example"),
    )
    assert epic.code == 0, epic.err
    assert "900 seconds" in epic.out
    assert BASE in epic.out
    trust.write_text(trust.read_text() + "# a note of ours\n")
    more = (
        ("north", "--profile", "oracle", "--jwks-url", "https://keys.example.org/jwk", "--tenant", "t: 1 #x"),
        ("inferno", "--profile", "inferno"),
        ("other", "--profile", "generic", "--issuer", "urn:other", "--jwks-url", "https://o.example/j?a=1"),
    )
    for words in more:
        done = igrt("trust", "add", *words)
        assert done.code == 0, done.err
    epic_, north, inferno, other = load_registry(trust).clients
    assert (epic_.issuer, epic_.jwks_url, epic_.fhir_bases) == (BASE, JKU, (BASE,))
    assert epic_.algorithms == ("RS384",)
    assert north.issuer == "https://cds-hooks.cerner.com"
    assert north.tenants == {"t: 1 #x"}
    assert inferno.jwks_url == "https://inferno.healthit.gov/suites/custom/crd_server/jwks.json"
    assert other.jwks_url == "https://o.example/j?a=1"
    assert "# a note of ours\n" in trust.read_text()
    shown = igrt("trust", "list")
    assert all(name in shown.out for name in ("lakeside-epic", "north", "inferno", "other"))


@pytest.mark.parametrize(
    ("issuer", "given", "registered"),
    [
        pytest.param(BASE, [], (BASE,), id="the issuer alone"),
        pytest.param(BASE, [OTHER], (BASE, OTHER), id="a further server"),
        pytest.param(BASE, [OTHER, f"{BASE}/"], (BASE, OTHER), id="the issuer given once more"),
        pytest.param("urn:lakeside", [OTHER], (OTHER,), id="an issuer that is no server"),
    ],
)
def test_the_issuer_of_epic_stays_a_fhir_server_beside_those_that_are_given(
    igrt: Igrt, trust: Path, issuer: str, given: list[str], registered: tuple[str, ...]
) -> None:
    bases = [word for base in given for word in ("--fhir-base", base)]
    done = igrt("trust", "add", "a", "--profile", "epic", "--issuer", issuer, "--jwks-url", JKU, *bases)
    assert done.code == 0, done.err
    (client,) = load_registry(trust).clients
    assert client.fhir_bases == registered


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a", "--profile", "epic"), "--issuer: it is missing. For Epic it is the FHIR base URL"),
        (("a", "--profile", "epic", "--issuer", BASE), "--jwks-url: it is missing. For Epic it is the `jku`"),
        (("a", "--profile", "oracle", "--jwks-url", "https://k.example"), "`tenants` is missing"),
        (("A b", "--profile", "inferno"), "`A b` is not of the right form"),
        (("a", "--profile", "inferno", "--fhir-base", "http://x.example"), "is not https"),
        (("a", "--profile", "generic", "--issuer", ISSUER, "--jwks-url", "https://k.example"), "is public"),
    ],
)
def test_what_cannot_be_used_is_not_written(
    igrt: Igrt, trust: Path, words: tuple[str, ...], said: str
) -> None:
    done = igrt("trust", "add", *words)
    assert done.code == 3
    assert said in done.err
    assert not trust.exists()


def test_a_name_that_is_taken_leaves_the_file_as_it_is(igrt: Igrt, example: Path) -> None:
    before = example.read_bytes()
    assert igrt("trust", "add", "example-ehr", "--profile", "inferno").code == 3
    assert example.read_bytes() == before
    assert sorted(path.name for path in example.parent.iterdir()) == ["ehr.json", "trust.yaml"]


def test_the_sandbox_is_for_development(igrt: Igrt, trust: Path) -> None:
    assert igrt("trust", "add", "sandbox", "--profile", "sandbox").code == 0
    (client,) = load_registry(trust, development=True).clients
    assert client.keys == {"keys": [PUBLIC_KEY]}
    checked = igrt("trust", "check", "--no-fetch")
    assert checked.code == 1
    assert "1 usable key(s), for ES384" in checked.out
    assert "Outside development the service refuses this registry." in checked.err
    assert igrt("serve", "--no-pages", "--port", "0").code == 3


def test_without_a_registry_there_is_a_letter(igrt: Igrt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IGRT_CDS_TRUST", raising=False)
    for words in (("list",), ("check",), ("test", "-"), ("add", "a", "--profile", "inferno")):
        done = igrt("trust", *words)
        assert done.code == 3
        assert done.err.startswith("IGRT_CDS_TRUST: it names no registry.")


def ask(igrt: Igrt, monkeypatch: pytest.MonkeyPatch, text: str, *options: str) -> Ran:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    done = igrt("trust", "test", "-", *options)
    assert text.rpartition(" ")[2].strip()[:40] not in done.out + done.err
    return done


@pytest.mark.parametrize("before", ["", "Bearer ", "Authorization: Bearer "])
def test_a_good_token_is_accepted(
    igrt: Igrt, example: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    done = ask(igrt, monkeypatch, f"{before}{token(URL)}\n", "--url", URL)
    assert done.code == 0, done.err
    assert "Accepted: example-ehr." in done.out
    assert "was not compared" in ask(igrt, monkeypatch, token(URL)).out


def later(seconds: int) -> int:
    return int(time.time()) + seconds


REFUSED: dict[str, tuple[Callable[[], str], list[str]]] = {
    "issuer": (
        lambda: token(URL, iss="https://ehr.example.org/"),
        ["https://ehr.example.org/\n", "registered"],
    ),
    "audience": (
        lambda: token(PUBLIC_URL),
        [f"aud of the token  {PUBLIC_URL}\n", f"taken here        {URL}\n"],
    ),
    "expired": (lambda: token(URL, iat=1000, exp=1300), ["1970-01-01 00:21:40 UTC", "Compare the clocks"]),
    "future": (lambda: token(URL, iat=later(9000), exp=later(9300)), ["Compare the clocks"]),
    "lifetime": (lambda: token(URL, exp=later(90_000)), ["IGRT_CDS_TOKEN_LIFETIME"]),
    "tenant": (
        lambda: token(URL, tenant="north"),
        ["tenant of the token  north", "registered           none"],
    ),
    "key": (lambda: token(URL, header={"kid": "two"}), ["publishes the key"]),
    "signature": (lambda: token(URL, signer=key("one", "ES384", 1)), ["another key"]),
    "malformed": (lambda: "not-a-token-of-three-parts-but-rather-long-text", ["compact form"]),
    "jku": (lambda: token(URL, header={"jku": "https://x.example"}), ["never because a token says so"]),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_refused_token_is_explained(
    igrt: Igrt, example: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    made, words = REFUSED[code]
    done = ask(igrt, monkeypatch, made(), "--url", URL)
    assert done.code == 1
    assert done.err.startswith(f"Refused ({code}). ")
    assert "What to do: " in done.err
    for word in words:
        assert word in done.err


def test_check_fetches_and_says_what_is_wrong(igrt: Igrt, trust: Path) -> None:
    trust.write_text(
        "clients:\n  - name: here\n    profile: generic\n    issuer: https://here.example\n"
        "    jwks_url: http://127.0.0.1:1/jwks.json\n"
    )
    done = igrt("trust", "check")
    assert done.code == 1
    assert "here: http://127.0.0.1:1/jwks.json: no keys. The server cannot be reached." in done.out
    assert "is not https" in done.err
