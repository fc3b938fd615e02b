"""One read: a GET whose answer is checked and bounded before anybody looks at it."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from enum import Enum

import requests
from requests.exceptions import ConnectTimeout, RequestException, Timeout
from urllib3.exceptions import HTTPError

from cds_service.fhir_client.addresses import Target
from cds_service.fhir_client.limits import ReadLimits
from cds_service.fhir_client.watch import Watch
from cds_service.trust.bases import BadAddress

_CHUNK = 16 * 1024
_STEP = 64 * 1024
_SMALL = 128 * 1024
"""Up to so many bytes the ratio is not asked."""
_MOST_RATIO = 200
"""How many times larger than packed an answer may be: very repetitive Bundles reach some 50, a bomb 1,000."""
_PAUSE = 0.05
"""Seconds before the one retry; a server that restarts needs a moment."""


class Fault(Enum):
    """Why something could not be read; the value is shown, so it holds nothing of the request."""

    timeout = "no answer in time"
    unreachable = "no connection"
    refused = "the server does not allow it"
    absent = "the server does not have it"
    redirected = "the server redirects, which is not followed"
    failing = "the server fails"
    otherwise = "the server answered something else"
    too_large = "the answer is too large"
    too_many = "more than is read for one call"
    busy = "too many calls read at once"
    resting = "left out for a while, since the server failed before"
    elsewhere = "it leads to another server"
    not_granted = "the authorization covers a part only"

    @property
    def servers(self) -> bool:
        """Whether the server's health shows in it."""
        return self in (Fault.timeout, Fault.unreachable, Fault.failing)


class ReadFailed(Exception):
    """A read gave nothing that can be used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


class Allowance:
    """Decoded bytes that the answers of one call may still hold; shared by its threads, small races included."""

    def __init__(self, limits: ReadLimits) -> None:
        self._answer, self._left = limits.answer_bytes, limits.call_bytes

    def for_answer(self) -> int:
        """Bytes that one answer may have now."""
        return min(self._answer, self._left)

    def spend(self, count: int) -> None:
        """So many bytes were kept."""
        self._left -= count


def fetch(session: requests.Session, target: Target, token: str, watch: Watch, allowance: Allowance) -> bytes:
    """The JSON text at an address of a registered server. The token goes with this request and is not kept.

    One retry, after a refused connection or a 503, while there is time.

    Raises:
        ReadFailed: with the reason.
    """
    try:
        return _fetch(session, target, token, watch, allowance)
    except _Again as again:
        if watch.remaining() <= _PAUSE * 2:
            raise ReadFailed(again.fault) from None
        time.sleep(_PAUSE)
        try:
            return _fetch(session, target, token, watch, allowance)
        except _Again as last:
            raise ReadFailed(last.fault) from None


class _Again(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.name)
        self.fault = fault


def _fetch(
    session: requests.Session, target: Target, token: str, watch: Watch, allowance: Allowance
) -> bytes:
    left = watch.remaining()
    if left <= 0:
        raise ReadFailed(Fault.timeout)
    try:
        with session.get(
            target.url,
            headers={"Authorization": f"Bearer {token}"},
            allow_redirects=False,
            stream=True,
            timeout=(left, left),
        ) as response:
            _require_success(response)
            body = _body(response, allowance.for_answer())
    except ReadFailed as failed:  # a head that is cut off looks whole as well
        raise ReadFailed(Fault.timeout if watch.over else failed.fault) from None
    except (ConnectTimeout, Timeout):
        raise ReadFailed(Fault.timeout) from None
    except requests.exceptions.ConnectionError:
        if watch.over:
            raise ReadFailed(Fault.timeout) from None
        raise _Again(Fault.unreachable) from None
    except BadAddress:
        raise ReadFailed(Fault.elsewhere) from None
    except (RequestException, HTTPError, OSError, ValueError, zlib.error):
        raise ReadFailed(Fault.timeout if watch.over else Fault.otherwise) from None
    if watch.over:
        raise ReadFailed(Fault.timeout)  # a body without a length looks whole when its socket is shut down
    allowance.spend(len(body))
    return body


def _require_success(response: requests.Response) -> None:
    status = response.status_code
    if status == 503:
        raise _Again(Fault.failing)
    if 300 <= status < 400:
        raise ReadFailed(Fault.redirected)
    if status in (401, 403):
        raise ReadFailed(Fault.refused)
    if status in (404, 410):
        raise ReadFailed(Fault.absent)
    if status >= 500 or status == 429:
        raise ReadFailed(Fault.failing)
    if status != 200:
        raise ReadFailed(Fault.otherwise)
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise ReadFailed(Fault.otherwise)


def _body(response: requests.Response, most: int) -> bytes:
    """The decoded body, cut as soon as it is longer than `most`: a bomb of gzip never unfolds."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    chunks: Iterator[bytes] = response.raw.stream(_CHUNK, decode_content=False)
    if encoding in ("gzip", "x-gzip"):
        chunks = unzipped(chunks, most)
    elif encoding not in ("", "identity"):
        raise ReadFailed(Fault.otherwise)
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise ReadFailed(Fault.too_large)
    return bytes(body)


def unzipped(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The unpacked text, step by step, so that a bomb is known by its ratio long before it fills `most` bytes.

    Raises:
        ReadFailed: too large, for `most` or for what it was packed in.
        zlib.error: the chunks are no gzip.
    """
    decoder = zlib.decompressobj(wbits=31)
    packed = unpacked = 0
    for chunk in chunks:
        packed += len(chunk)
        while chunk:
            step = decoder.decompress(chunk, min(_STEP, most + 1))
            unpacked += len(step)
            used = packed - len(decoder.unconsumed_tail)
            if unpacked > most or unpacked > max(used * _MOST_RATIO, _SMALL):
                raise ReadFailed(Fault.too_large)
            yield step
            chunk = decoder.unconsumed_tail
    if not decoder.eof or decoder.unused_data:
        raise ReadFailed(Fault.otherwise)
