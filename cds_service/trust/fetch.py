"""Fetches a key set from a registered address and from nowhere else (threats T2, T3, T15).

Not with requests, whose timeout starts anew with each byte: one deadline covers name, connection, TLS, headers and
body. http.client follows no redirect and reads no proxy, `.netrc` or cookie.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from functools import cache
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from cds_service.trust.jwks import MOST_BYTES

SECONDS = 3.0
"""Longest time of a fetch, the look-up of the name aside."""


_WAY = "Check the address and the way out to it."
_AUTHORITY = "Name the certificate (PEM) of the authority that signs it in IGRT_CDS_FHIR_CA_FILE."
_CERTIFICATES: Final = {
    9: ("is not valid yet", "Compare the clocks of both machines."),
    10: ("has expired", "Whoever runs the server has to renew it."),
    62: ("is for another name", "Register the address under the name that it is for."),
    64: ("is for another name", "Register the address under the name that it is for."),
}
"""By OpenSSL's X509_V_ERR_…; whatever is not here comes of an authority that is not known."""


class FetchFailed(Exception):
    """Nothing came that could be used; the text says why, in our own words, and `remedy` what to do."""

    def __init__(self, text: str, remedy: str = _WAY) -> None:
        super().__init__(text)
        self.remedy = remedy


def fetch_key_set(url: str, seconds: float = SECONDS, ca_file: str = "") -> bytes:
    """The body at this registered address, at most `MOST_BYTES` long.

    Args:
        url: https, or http on loopback; the loader of the registry has checked it.
        seconds: the whole fetch, to the last byte.
        ca_file: authorities to trust besides those of the system and of certifi, as `authorities_of` gives them.

    Raises:
        FetchFailed: no answer in time, another status than 200 (redirects are not followed), too long, compressed.
    """
    end = time.monotonic() + seconds
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    connection = HTTPConnection(host, parts.port or (443 if secure else 80))
    watch: threading.Timer | None = None
    try:
        opened = socket.create_connection((connection.host, connection.port), timeout=seconds)
        connection.sock = opened
        handle = opened.dup()  # TLS takes the original apart
        watch = threading.Timer(max(end - time.monotonic(), 0.001), _cut, (handle,))
        watch.daemon = True
        _start(watch)
        if secure:
            connection.sock = _tls(ca_file).wrap_socket(opened, server_hostname=host)
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "igrt-cds"}
        connection.request("GET", target, headers=headers)
        return _body(connection, end)
    except ssl.SSLCertVerificationError as error:
        fault, remedy = _CERTIFICATES.get(error.verify_code, ("is not trusted here", _AUTHORITY))
        raise FetchFailed(f"The server's certificate {fault}.", remedy) from None
    except TimeoutError:
        raise FetchFailed(_LATE) from None
    except (OSError, HTTPException, ValueError):
        raise FetchFailed(_LATE if time.monotonic() >= end else "The server cannot be reached.") from None
    finally:
        if watch is not None:
            watch.cancel()
            handle.close()
        connection.close()


def _start(watch: threading.Timer) -> None:
    try:
        watch.start()
    except RuntimeError:  # without it the server could hold the call for ever
        raise FetchFailed("This machine has no thread free to watch the time.") from None


_LATE = "No whole answer came in time."


def _cut(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side may have closed it
        handle.shutdown(socket.SHUT_RDWR)


def _body(connection: HTTPConnection, end: float) -> bytes:
    response = connection.getresponse()
    if 300 <= response.status < 400:
        raise FetchFailed(f"The server redirects ({response.status}), which is not followed.")
    if response.status != 200:
        raise FetchFailed(f"The server answered with status {response.status}.")
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise FetchFailed("The answer is compressed although that was not asked for.")
    body = response.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise FetchFailed(f"The answer is longer than {MOST_BYTES // 1024} KiB.")
    if time.monotonic() >= end:
        raise FetchFailed(_LATE)  # a body without a length looks whole when its socket is shut down
    return body


@cache
def _tls(ca_file: str) -> ssl.SSLContext:
    """TLS 1.2 or later with checked certificates; those of the system are for a hospital's own authority."""
    context = ssl.create_default_context(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.load_default_certs()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
