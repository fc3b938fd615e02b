"""The transport: requests, with everything off that follows, guesses or remembers (threats T1, T3, T14, T15)."""

from __future__ import annotations

import ipaddress
import logging
import socket
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from cds_service.fhir_client.addresses import page_at
from cds_service.fhir_client.authorities import tls_of
from cds_service.fhir_client.watch import Watch
from cds_service.trust.bases import Base, usable

_HEADERS = {
    "User-Agent": "igrt-cds",
    "Accept": "application/fhir+json",
    "Accept-Encoding": "gzip",
}
# Its lines hold paths and queries, and so patient ids, some of them as warnings that a server can provoke (T17).
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(lambda record: False)


def open_session(base: Base, watch: Watch, parallel: int, ca_file: str = "") -> requests.Session:
    """A session that reaches one base and nothing else, within one deadline.

    No environment: neither proxies nor `.netrc` nor certificates of variables. No cookies, no redirects, no retries.
    """
    session = _Session()
    session.trust_env = False
    session.max_redirects = 0
    session.cookies = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    session.headers.clear()
    session.headers.update(_HEADERS)
    session.adapters.clear()
    session.mount(f"{base.origin}/", _Adapter(base, watch, parallel, ca_file))
    return session


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """There is none. Even where redirects are off, requests would read the whole body to prepare the next one."""


class _Adapter(HTTPAdapter):
    def __init__(self, base: Base, watch: Watch, parallel: int, ca_file: str) -> None:
        self._base, self._watch, self._ca_file = base, watch, ca_file
        super().__init__(pool_connections=1, pool_maxsize=parallel, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        manager: Any = self.poolmanager
        manager.pool_classes_by_scheme = {
            "http": partial(_pool, HTTPConnectionPool, _PlainConnection, self._base, self._watch),
            "https": partial(_pool, HTTPSConnectionPool, _TlsConnection, self._base, self._watch),
        }

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, _ = super().build_connection_pool_key_attributes(request, True, None)
        if host["scheme"] == "http":
            return host, {}
        return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": tls_of(self._ca_file)}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to add: the context of the pool checks, with its own authorities."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send it, once more compared with the base: what requests made of the address is what is called.

        Raises:
            BadAddress: when it leads elsewhere.
        """
        page_at(self._base, request.url or "")
        return super().send(request, *args, **(kwargs | {"proxies": None, "verify": True, "cert": None}))


def _pool(kind: Any, connection: Any, base: Base, watch: Watch, host: str, port: int, **more: Any) -> Any:
    pool = kind(host, port, **more)
    pool.ConnectionCls = partial(connection, base=base, watch=watch)
    return pool


class _PlainConnection(HTTPConnection):
    def __init__(self, *args: Any, base: Base, watch: Watch, **more: Any) -> None:
        super().__init__(*args, **more)
        self._base, self._watch = base, watch

    def _new_conn(self) -> socket.socket:
        return _connect(self, self._base, self._watch)


class _TlsConnection(HTTPSConnection):
    def __init__(self, *args: Any, base: Base, watch: Watch, **more: Any) -> None:
        super().__init__(*args, **more)
        self._base, self._watch = base, watch

    def _new_conn(self) -> socket.socket:
        return _connect(self, self._base, self._watch)


def _connect(connection: HTTPConnection, base: Base, watch: Watch) -> socket.socket:
    """Connect to the base's host, the addresses one after the other, each with its share of the time left.

    Raises:
        NewConnectionError: nobody answers there, or only at addresses that are never called.
        ConnectTimeoutError: the time is up.
    """
    try:
        found = socket.getaddrinfo(base.host, base.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NewConnectionError(connection, type(error).__name__) from None
    addresses = [each for each in found if _may_be_called(str(each[4][0]), base)]
    timed_out = False
    for index, (family, kind, protocol, _, address) in enumerate(addresses):
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            watch.add(opened)
            opened.settimeout(max(watch.remaining() / (len(addresses) - index), 0.001))
            opened.connect(address)
        except OSError as error:
            opened.close()
            timed_out |= isinstance(error, TimeoutError)
            continue
        opened.settimeout(max(watch.remaining(), 0.001))
        return opened
    if timed_out:
        raise ConnectTimeoutError(connection, "no answer")
    raise NewConnectionError(connection, "no address answers")


def _may_be_called(text: str, base: Base) -> bool:
    """The second line behind the registry: a registered name must not resolve to this machine or to metadata."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    loopback = address.is_loopback or bool(mapped and mapped.is_loopback)
    return usable(address) and (base.loopback or not loopback)
