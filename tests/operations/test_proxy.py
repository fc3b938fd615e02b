"""The shipped nginx alone: what it takes in at once, for one address and for all, and where it can start."""

from __future__ import annotations

import json
import re
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.operations.shape import NGINX, free_port, proxy

ANSWER = 0.5
"""Seconds in which nginx refuses a request; one that it takes in gets no answer while its body is awaited."""


@pytest.fixture(autouse=True)
def nginx() -> None:
    if NGINX is None:
        pytest.fail("nginx is missing. What to do: apt-get install nginx-light", pytrace=False)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a proxy behind which nobody answers."""
    front = free_port()
    with proxy(tmp_path, front, free_port()):
        yield front


def half_sent(port: int, stack: ExitStack, length: str, address: str, more: str = "") -> socket.socket:
    """A request whose body does not come."""
    made = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10, (address, 0)))
    made.sendall(f"POST /cds-services/igrt-order-sign HTTP/1.1\r\nHost: x\r\n{length}\r\n{more}\r\n".encode())
    return made


def refusals(sockets: list[socket.socket]) -> list[bytes]:
    """The answers that have come."""
    answered: list[socket.socket] = []
    while True:
        ready, _, _ = select.select([s for s in sockets if s not in answered], [], [], ANSWER)
        if not ready:
            return [each.recv(4096) for each in answered]
        answered += ready


@pytest.mark.parametrize(
    ("length", "each", "together"),
    [
        pytest.param("Content-Length: 1000000", 6, 12, id="a megabyte"),
        pytest.param("Transfer-Encoding: chunked", 6, 12, id="a body without a length"),
        pytest.param("Content-Length: 999999", 64, 100, id="just under a megabyte"),
        pytest.param("Content-Length: 100000", 64, 100, id="100 kB"),
        pytest.param("Content-Length: 99999", 256, 512, id="just under 100 kB"),
    ],
)
def test_so_many_bodies_of_a_size_are_taken_in_at_once(
    port: int, length: str, each: int, together: int
) -> None:
    """Some 35 bodies of 15 MB were more than the proxy's memory, and ended it for everybody."""
    with ExitStack() as stack:
        sockets = [half_sent(port, stack, length, "127.0.0.1") for _ in range(each + 2)]
        told = refusals(sockets)
        assert len(told) == 2
        head, _, body = told[0].partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 ")
        assert b"\r\nRetry-After: 5\r\n" in head + b"\r\n"
        assert b"\r\nX-Content-Type-Options: nosniff\r\n" in head + b"\r\n"
        assert json.loads(body)["issue"][0]["code"] == "throttled"
        others = [
            half_sent(port, stack, length, f"127.0.0.{2 + number // each}")
            for number in range(together - each + 1)
        ]
        assert len(refusals(others)) == (1 if together <= 100 else 0)
        small = half_sent(port, stack, "Content-Length: 0", "127.0.0.9")
        assert [answer[:12] for answer in refusals([small])] == [b"HTTP/1.1 503"], "others are passed on"


def test_behind_a_load_balancer_callers_are_told_apart_as_listen_conf_says(tmp_path: Path) -> None:
    shipped = (ROOT / "deploy" / "nginx" / "listen.conf").read_text()
    lines = re.findall(r"(?m)^#((?:set_)?real_ip.*;)$", shipped)
    assert len(lines) == 2
    port = free_port()
    with (
        proxy(tmp_path, port, free_port(), "\n".join(lines).replace("192.0.2.0/24", "127.0.0.1")),
        ExitStack() as stack,
    ):
        one = [
            half_sent(port, stack, "Content-Length: 1000000", "127.0.0.1", "X-Forwarded-For: 192.0.2.7\r\n")
            for _ in range(7)
        ]
        other = half_sent(
            port, stack, "Content-Length: 1000000", "127.0.0.1", "X-Forwarded-For: 192.0.2.8\r\n"
        )
        assert len(refusals(one)) == 1
        assert refusals([other]) == []


def test_it_starts_where_standard_output_is_no_file(tmp_path: Path) -> None:
    """Under systemd it is a socket, and /dev/stdout cannot be opened."""
    ours, its = socket.socketpair()
    with ours, its, proxy(tmp_path, free_port(), free_port(), stdout=its):
        assert "/dev/" not in (tmp_path / "nginx" / "nginx.conf").read_text()


def test_without_a_word_about_the_log_nothing_is_written(tmp_path: Path) -> None:
    """A listen.conf of before has no such line, and what nginx writes by itself has addresses and queries in it."""
    shipped = ROOT / "deploy" / "nginx"
    assert re.findall(r"(?m)^ *access_log (.*);$", (shipped / "nginx.conf").read_text()) == ["off", "off"]
    assert re.findall(r"(?m)^access_log (.*);$", (shipped / "listen.conf").read_text()) == [
        "/dev/stdout lines"
    ]
