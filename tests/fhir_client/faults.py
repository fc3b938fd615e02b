"""A server that misbehaves in one of eleven ways (threat T15), on loopback sockets without any HTTP library."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHAPES = (
    "refused",
    "black hole",
    "silent accept",
    "header drip",
    "body drip",
    "endless paging",
    "redirects",
    "5xx",
    "wrong type",
    "wrong id",
    "gzip bomb",
)
SLOW = ("black hole", "silent accept", "header drip", "body drip")
"""Shapes that hold a reader until its deadline."""
BOMB_BYTES = 200 * 1024 * 1024


class FaultServer:
    """One misbehaving server; `requests` counts those that were read whole, `connections` all that were accepted."""

    def __init__(self, shape: str) -> None:
        self.shape = shape
        self.requests = 0
        self.connections = 0
        self._open: list[socket.socket] = []
        self._over = threading.Event()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}/fhir"
        self._bomb = _bomb() if shape == "gzip bomb" else b""

    def start(self) -> None:
        """Begin to misbehave."""
        if self.shape == "refused":
            self._listener.close()
        elif self.shape == "black hole":
            self._listener.listen(0)
            for _ in range(3):  # with its queue full a listener drops what comes, without a word
                self._fill()
        else:
            self._listener.listen(512)
            threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """End every connection."""
        self._over.set()
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _fill(self) -> None:
        filler = socket.socket()
        filler.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            filler.connect(self._listener.getsockname())
        self._open.append(filler)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            if self.shape != "silent accept":
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while path := _path(connection):
                self.requests += 1
                _ANSWERS[self.shape](self, connection, path)

    def drip(self, connection: socket.socket, text: bytes) -> None:
        """One byte every fifty milliseconds, for ever."""
        while not self._over.is_set():
            for index in range(len(text)):
                connection.sendall(text[index : index + 1])
                if self._over.wait(0.05):
                    return

    def send_bomb(self, connection: socket.socket) -> None:
        """A small answer that would unfold into 200 MB."""
        _send(connection, 200, self._bomb, "Content-Encoding: gzip")


def _path(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(4096)
        if not more:
            return ""
        data += more
    return data.split(b" ", 2)[1].decode()


def _send(connection: socket.socket, status: int, body: bytes, *headers: str) -> None:
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers]
    if not any(h.startswith("Content-Type") for h in headers):
        lines.append("Content-Type: application/fhir+json")
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def _json(connection: socket.socket, value: object) -> None:
    _send(connection, 200, json.dumps(value).encode())


def _kind(path: str) -> str:
    return path.removeprefix("/fhir/").partition("?")[0].partition("/")[0]


def _bundle(*resources: object, **more: object) -> dict[str, object]:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries} | more


def _headers(server: FaultServer, connection: socket.socket, path: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    server.drip(connection, b"X-More: and more\r\n")


def _body(server: FaultServer, connection: socket.socket, path: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 100000\r\n\r\n"
    connection.sendall(head)
    server.drip(connection, b" ")


def _endless(server: FaultServer, connection: socket.socket, path: str) -> None:
    url = f"{server.base}/{_kind(path)}?page={time.monotonic_ns()}"
    _json(connection, _bundle(link=[{"relation": "next", "url": url}]))


def _redirect(server: FaultServer, connection: socket.socket, path: str) -> None:
    _send(connection, 307, b"", f"Location: {server.base}/{_kind(path)}")


def _wrong_type(server: FaultServer, connection: socket.socket, path: str) -> None:
    other = {"resourceType": "Observation", "id": "o", "status": "final"}
    _json(connection, _bundle(other) if "?" in path else other)


def _wrong_id(server: FaultServer, connection: socket.socket, path: str) -> None:
    kind = _kind(path)
    ties = {"Coverage": "beneficiary", "Claim": "patient"}
    other: dict[str, object] = {"resourceType": kind, "id": "somebody-else"}
    if kind != "Patient":
        other[ties.get(kind, "subject")] = {"reference": "Patient/somebody-else"}
    _json(connection, _bundle(other) if "?" in path else other)


_ANSWERS: dict[str, Callable[[FaultServer, socket.socket, str], None]] = {
    "header drip": _headers,
    "body drip": _body,
    "endless paging": _endless,
    "redirects": _redirect,
    "5xx": lambda server, connection, path: _send(connection, 503, b"", "Retry-After: 1"),
    "wrong type": _wrong_type,
    "wrong id": _wrong_id,
    "gzip bomb": lambda server, connection, path: server.send_bomb(connection),
}


def _bomb() -> bytes:
    return gzip.compress(b" " * BOMB_BYTES, compresslevel=6)


@contextmanager
def misbehaving(shape: str) -> Iterator[FaultServer]:
    """A server of one shape while the context lasts."""
    server = FaultServer(shape)
    server.start()
    try:
        yield server
    finally:
        server.stop()
