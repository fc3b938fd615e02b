"""Where the keys come from: registered addresses alone, rarely, and within limits (threat T2)."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cds_service.trust.fetch import FetchFailed, fetch_key_set
from cds_service.trust.jwks import MOST_BYTES, MOST_KEYS, BadKeySet, read_key_set
from cds_service.trust.keys import AGE, PAUSE, STALE, KeyRing
from cds_service.trust.model import Client
from cds_service.trust.reasons import Reason, TokenRefused
from cds_service.trust.replay import MemoryLedger
from cds_service.trust.sandbox import PUBLIC_KEY
from cds_service.trust.verify import Verifier
from tests.trust.tokens import ISSUER, JWKS_URL, PUBLIC_URL, key, key_set, registry, token

URL = f"{PUBLIC_URL}/cds-services"
EHR = Client("ehr", ISSUER, jwks_url=JWKS_URL)
OLD, NEW = key("old"), key("new")


class Publisher:
    """An EHR's key set, and who asked for it; the clock stands until it is moved."""

    def __init__(self, *keys: Any) -> None:
        self.body = json.dumps(key_set(*keys)).encode()
        self.asked: list[str] = []
        self.now = 1000.0
        self.fails = False

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.fails:
            raise FetchFailed("down")
        return self.body

    def ring(self) -> KeyRing:
        return KeyRing(self.fetch, lambda: self.now)

    def publish(self, *keys: Any) -> None:
        self.body = json.dumps(key_set(*keys)).encode()


def reason(ring: KeyRing, kid: str, client: Client = EHR) -> Reason | None:
    try:
        ring.key(client, kid, "ES384")
    except TokenRefused as refused:
        return refused.reason
    return None


def test_a_new_key_is_found_and_an_old_one_is_forgotten() -> None:
    ehr = Publisher(OLD)
    ring = ehr.ring()
    assert reason(ring, "old") is None
    ehr.publish(OLD, NEW)
    assert reason(ring, "new") is Reason.key  # fetched a moment ago
    ehr.now += PAUSE
    assert reason(ring, "new") is None
    assert len(ehr.asked) == 2
    ehr.publish(NEW)
    ehr.now += AGE
    assert reason(ring, "old") is None  # renewed only when it is older than that
    ehr.now += 1
    assert reason(ring, "old") is Reason.key
    assert reason(ring, "new") is None
    assert set(ehr.asked) == {JWKS_URL}


def test_an_issuer_may_change_its_key_as_often_as_it_likes() -> None:
    ehr = Publisher(OLD)
    ring = ehr.ring()
    assert reason(ring, "old") is None
    for number in range(10):
        ehr.publish(key(f"key-{number}"))
        ehr.now += PAUSE
        assert reason(ring, f"key-{number}") is None


def test_ten_thousand_unknown_kids_cost_one_fetch_a_minute() -> None:
    ehr = Publisher(OLD)
    verifier = Verifier(registry(EHR), ehr.ring(), MemoryLedger())
    assert verifier.verify(token(URL, signer=OLD), [URL]).client is EHR
    bad = token(URL, signer=NEW)
    for number in range(10_000):
        ehr.now += 0.03  # five minutes in all
        with pytest.raises(TokenRefused) as refused:
            verifier.verify(bad, [URL]) if number % 100 == 0 else ehr_key(verifier, f"kid-{number}")
        assert refused.value.reason is Reason.key
    assert len(ehr.asked) <= 1 + 300 / PAUSE
    assert verifier.verify(token(URL, signer=OLD), [URL]).client is EHR


def ehr_key(verifier: Verifier, kid: str) -> None:
    verifier._keys.key(EHR, kid, "ES384")


def test_a_flood_from_many_threads_costs_one_fetch() -> None:
    ehr = Publisher(OLD)
    ring = ehr.ring()
    found: list[Reason | None] = []
    threads = [
        threading.Thread(target=lambda i=i: found.append(reason(ring, "old" if i % 2 else f"x{i}")))
        for i in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ehr.asked) == 1
    assert found.count(None) == 20  # the first calls after the start wait for the keys


def test_an_issuer_that_is_down_keeps_its_keys_for_a_day() -> None:
    ehr = Publisher(OLD)
    ring = ehr.ring()
    assert reason(ring, "old") is None
    ehr.fails = True
    ehr.now += STALE - 1
    assert reason(ring, "old") is None
    ehr.now += 2
    assert reason(ring, "old") is Reason.keys_unavailable
    ehr.fails = False
    ehr.now += PAUSE
    assert reason(ring, "old") is None


def test_a_failed_first_fetch_is_tried_again_after_a_minute() -> None:
    ehr = Publisher(OLD)
    ehr.fails = True
    ring = ehr.ring()
    assert [reason(ring, "old") for _ in range(50)] == [Reason.keys_unavailable] * 50
    assert len(ehr.asked) == 1
    ehr.fails = False
    ehr.now += PAUSE
    assert reason(ring, "old") is None


def test_the_same_kid_of_two_issuers_are_two_keys() -> None:
    mine, theirs = key("same"), key("same", "ES384", 1)
    other = Client("other", "https://other.example.org", keys=key_set(theirs))
    ehr = Publisher(mine)
    verifier = Verifier(registry(EHR, other), ehr.ring(), MemoryLedger())
    assert verifier.verify(token(URL, signer=theirs, iss=other.issuer), [URL]).client is other
    assert verifier.verify(token(URL, signer=mine), [URL]).client is EHR
    for signer, issuer in ((theirs, ISSUER), (mine, other.issuer)):
        with pytest.raises(TokenRefused) as refused:
            verifier.verify(token(URL, signer=signer, iss=issuer), [URL])
        assert refused.value.reason is Reason.signature


@pytest.mark.parametrize(
    "jku",
    ["https://evil.example/jwks.json", "http://169.254.169.254/", f"{JWKS_URL}#x", "file:///etc/passwd"],
)
def test_a_foreign_jku_is_never_fetched(jku: str) -> None:
    ehr = Publisher(OLD)
    with pytest.raises(TokenRefused) as refused:
        Verifier(registry(EHR), ehr.ring(), MemoryLedger()).verify(
            token(URL, signer=OLD, header={"jku": jku}), [URL]
        )
    assert refused.value.reason is Reason.jku
    assert ehr.asked == []


def test_a_hostile_set_does_not_displace_the_keys() -> None:
    ehr = Publisher(OLD)
    ring = ehr.ring()
    assert reason(ring, "old") is None
    for body in (b"[" * 100_000, b"{}", json.dumps({"keys": [OLD.jwk()] * (MOST_KEYS + 1)}).encode()):
        ehr.body = body
        ehr.now += AGE + 1
        assert reason(ring, "old") is None
    assert len(ehr.asked) == 4


def test_a_set_of_the_greatest_size_is_read() -> None:
    jwks = [{"kty": "oct", "kid": str(number)} for number in range(MOST_KEYS - 1)]
    text = json.dumps({"keys": [OLD.jwk(), *jwks]}).encode()
    assert set(read_key_set(text.ljust(MOST_BYTES), ["ES384"])) == {("old", "ES384")}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (json.dumps({"keys": [{"kty": "RSA", "kid": str(i)} for i in range(10_000)]}).encode(), "longer"),
        (b'{"keys": [%s]}' % (b"{}," * 10_000)[:-1], "more than 100 keys"),
        (b" " * 10_000_000, "longer"),
        (b"[" * 200_000, "not JSON"),
        (b'{"keys": {}}', "no key set"),
        (b"[]", "no key set"),
        (b"\xff", "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_sets_beyond_the_limits_are_refused(body: bytes, said: str) -> None:
    with pytest.raises(BadKeySet, match=said):
        read_key_set(body, ["ES384"])


def test_only_keys_that_may_verify_are_taken() -> None:
    good, rsa = key("good"), key("rsa", "RS384")
    jwks = [
        good.jwk(),
        key("good", "ES384", 1).jwk(),  # the first of one kid counts
        rsa.jwk(),
        key("weak", "RS384", 1024).jwk(),
        key("curve", "ES256").jwk(alg="ES384"),
        key("enc").jwk(use="enc"),
        key("sign").jwk(key_ops=["sign"]),
        key("text").jwk(key_ops="verify"),
        key("number").jwk(key_ops=5),
        key("other", "RS384").jwk(alg="RS256"),
        key("").jwk(),
        key("private").jwk(d="AAAA"),
        {"kty": "oct", "kid": "shared", "k": "AAAA"},
        {**good.jwk(), "kid": 7},
        {**good.jwk(kid="broken"), "x": "!"},
        {**PUBLIC_KEY, "kid": "sandbox-in-disguise"},
        "no object",
    ]
    found = read_key_set(json.dumps({"keys": jwks}).encode(), ["ES384", "RS384"])
    assert set(found) == {("good", "ES384"), ("rsa", "RS384")}
    assert found["good", "ES384"].key.public_numbers() == good.private.public_key().public_numbers()
    dev = read_key_set(json.dumps({"keys": [PUBLIC_KEY]}).encode(), ["ES384"], sandbox=True)
    assert set(dev) == {(PUBLIC_KEY["kid"], "ES384")}


@contextmanager
def listener(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server of one connection that does what it likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                opened, _ = server.accept()
            except OSError:
                return
            with opened:
                try:
                    opened.recv(4096)
                    answer(opened)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/jwks.json"
    thread.join(timeout=5)


def sends(*parts: bytes) -> Callable[[socket.socket], None]:
    def answer(opened: socket.socket) -> None:
        for part in parts:
            opened.sendall(part)

    return answer


def drips(start: bytes, part: bytes) -> Callable[[socket.socket], None]:
    def answer(opened: socket.socket) -> None:
        opened.sendall(start)
        for _ in range(200):
            opened.sendall(part)
            time.sleep(0.05)

    return answer


OK = b"HTTP/1.1 200 OK\r\n"
HOSTILE = {
    "redirect": (sends(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"), "redirects"),
    "error": (sends(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), "status 500"),
    "10 MB": (sends(OK + b"Content-Length: 10000000\r\n\r\n", b" " * 10_000_000), "longer than"),
    "10 MB without length": (sends(OK + b"\r\n", b" " * 10_000_000), "longer than"),
    "gzip": (sends(OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"), "compressed"),
    "no HTTP": (sends(b"SSH-2.0-x\r\n"), "reached"),
    "silence": (lambda opened: time.sleep(1.5), "in time"),
    "headers in drips": (drips(OK, b"X-A: b\r\n"), "in time"),
    "body in drips": (drips(OK + b"Content-Length: 1000\r\n\r\n", b" "), "in time"),
    "body in drips without length": (drips(OK + b"\r\n", b" "), "in time"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_key_server_costs_no_more_than_its_deadline(name: str) -> None:
    answer, said = HOSTILE[name]
    with listener(answer) as url:
        started = time.monotonic()
        with pytest.raises(FetchFailed, match=said):
            fetch_key_set(url, seconds=0.5)
        assert time.monotonic() - started < 5


def test_a_server_that_nobody_runs_is_said() -> None:
    with pytest.raises(FetchFailed, match="reached"):
        fetch_key_set("http://127.0.0.1:1/jwks.json")


def test_an_honest_server_is_read_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password secret\n")
    netrc.chmod(0o600)
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", str(netrc))
    seen: list[bytes] = []
    body = json.dumps(key_set(OLD)).encode()

    def answer(opened: socket.socket) -> None:
        opened.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            opened, _ = server.accept()
            with opened:
                seen.append(opened.recv(4096))
                answer(opened)

        thread = threading.Thread(target=serve)
        thread.start()
        got = fetch_key_set(f"http://127.0.0.1:{server.getsockname()[1]}/jwks.json?x=1")
        thread.join(timeout=5)
    assert got == body
    assert seen[0].startswith(b"GET /jwks.json?x=1 HTTP/1.1\r\n")
    assert b"authorization" not in seen[0].lower()
    assert len(body) < MOST_BYTES
