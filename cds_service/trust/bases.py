"""Base URLs of FHIR servers, compared by their parsed parts (threats T1 and T3).

Registered base URLs are the only way out. A text is never compared by prefix: `https://ehr.example/fhir` does not
hold `https://ehr.example/fhirevil` or `https://ehr.example.evil/fhir`. Whatever two parsers could read differently
is refused instead of cleaned up. What the registry takes and what a request may name is told here, by one parser:
else a server could be registered that is never read.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cds_service.trust.urls import is_loopback

_LONGEST = 2048
_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]+)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?", re.I)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")
"""What a path may hold (pchar of RFC 3986, section 3.3), without `%`: nothing here stands for something else."""
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?|-]|%[0-9A-Fa-f]{2})*")
_DEFAULT_PORT = {"https": 443, "http": 80}


class BadAddress(ValueError):
    """An address that is never called; the text says why, without repeating the address."""


@dataclass(frozen=True, slots=True)
class Base:
    """The base URL of a FHIR server, in parts. Equal bases are the same server and path."""

    scheme: str
    host: str
    port: int
    segments: tuple[str, ...]

    @property
    def origin(self) -> str:
        """Scheme, host and port as they stand in front of a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORT[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine by its own name or address, not by what a name resolves to."""
        return is_loopback(self.host)


def parse_base(text: str, *, http_on_loopback: bool = False) -> Base:
    """The parts of a base URL as a registry or a request writes it.

    Args:
        text: an absolute URL without userinfo, query or fragment; one slash at its end changes nothing.
        http_on_loopback: whether `http` is taken for this machine's own addresses (development).

    Raises:
        BadAddress: for anything else.
    """
    scheme, host, port, segments, query = parts_of(text)
    if query is not None:
        raise BadAddress("A base URL has no query.")
    if scheme == "http" and not (http_on_loopback and is_loopback(host)):
        raise BadAddress("A FHIR server is called by https only.")
    return Base(scheme, host, port, segments)


def registered(text: str, bases: Iterable[str], *, http_on_loopback: bool = False) -> Base | None:
    """The base that `text` names if it is one of `bases`, else None; entries that are no address are skipped."""
    try:
        wanted = parse_base(text, http_on_loopback=http_on_loopback)
    except BadAddress:
        return None
    for each in bases:
        try:
            if parse_base(each, http_on_loopback=http_on_loopback) == wanted:
                return wanted
        except BadAddress:
            continue
    return None


def parts_of(text: str) -> tuple[str, str, int, tuple[str, ...], str | None]:
    """Scheme, host, port, path segments and query of an absolute URL.

    Raises:
        BadAddress: when any part could be read in two ways.
    """
    if len(text) > _LONGEST or not all("!" <= char <= "~" for char in text) or "\\" in text:
        raise BadAddress("The address is too long or holds characters that do not belong there.")
    url = _URL.fullmatch(text)
    if url is None:
        raise BadAddress("This is no absolute http(s) URL without a fragment.")
    authority = _AUTHORITY.fullmatch(url["authority"])
    if authority is None:
        raise BadAddress("The host has userinfo, a wrong port or characters that do not belong there.")
    scheme = url["scheme"].lower()
    port = int(authority["port"] or _DEFAULT_PORT[scheme])
    if port > 65535:
        raise BadAddress("The port is out of range.")
    query = url["query"]
    if query is not None and not _QUERY.fullmatch(query[1:]):
        raise BadAddress("The query holds characters that do not belong there.")
    return scheme, _host(authority["host"]), port, _segments(url["path"] or ""), query and query[1:]


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            six = ipaddress.IPv6Address(text[1:-1])
        except ValueError:
            raise BadAddress("The host is no address.") from None
        if six.ipv4_mapped or six.sixtofour or six.teredo or not usable(six):
            raise BadAddress("This kind of address is never called.")
        return six.compressed
    name = text.lower()
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadAddress("The host is no name.")
    if not _NUMBER.fullmatch(labels[-1]):
        return name
    try:
        four = ipaddress.IPv4Address(name)  # four decimal numbers without leading zeros, nothing else
    except ValueError:
        raise BadAddress("The host is a number, but no plain IPv4 address.") from None
    if not usable(four):
        raise BadAddress("This kind of address is never called.")
    return str(four)


def usable(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether a server can stand at this address: not link-local, of a cloud's metadata, multicast, reserved or
    none."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    reserved = isinstance(address, ipaddress.IPv4Address) and (
        address.is_reserved or address in _THIS_NETWORK
    )
    nobodys = address.is_link_local or address.is_multicast or address.is_unspecified or reserved
    return not nobodys and address not in _METADATA


_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)
"""Where clouds tell their machines secrets, beside 169.254.169.254 (AWS, Google, Alibaba, Azure, Oracle)."""


_NO_NAMES = frozenset({"", ".", ".."})
"""Some servers leave out what follows a `;`: `..;x` is `..` to them."""


def _segments(path: str) -> tuple[str, ...]:
    inner = path.removeprefix("/").removesuffix("/")
    if not inner:
        if path not in ("", "/"):
            raise BadAddress("The path holds an empty part.")
        return ()
    segments = tuple(inner.split("/"))
    if not all(_SEGMENT.fullmatch(s) and s.partition(";")[0] not in _NO_NAMES for s in segments):
        raise BadAddress("The path holds an empty part, a dot part, `%` or other odd characters.")
    return segments
