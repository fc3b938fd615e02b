"""Addresses of FHIR servers, compared by their parsed parts (threats T1 and T3).

Registered base URLs are the only way out. A text is never compared by prefix: `https://ehr.example/fhir` does not
hold `https://ehr.example/fhirevil` or `https://ehr.example.evil/fhir`. Whatever two parsers could read differently
is refused instead of cleaned up, and requests are built from the parts, not from the text that came in.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 2048
_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]+)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?", re.I)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?|-]|%[0-9A-Fa-f]{2})*")
_TYPE = re.compile(r"[A-Z][A-Za-z]{0,63}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
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
        return _is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Target:
    """Something below a base that may be read: `segments` follow those of the base."""

    base: Base
    segments: tuple[str, ...]
    query: str = ""

    @property
    def url(self) -> str:
        """The address to call, made of the parts."""
        path = "/".join((*self.base.segments, *self.segments))
        return f"{self.base.origin}/{path}{'?' if self.query else ''}{self.query}"


def parse_base(text: str, *, http_on_loopback: bool = False) -> Base:
    """The parts of a base URL as a registry or a request writes it.

    Args:
        text: an absolute URL without userinfo, query or fragment; one slash at its end changes nothing.
        http_on_loopback: whether `http` is taken for this machine's own addresses (development).

    Raises:
        BadAddress: for anything else.
    """
    scheme, host, port, segments, query = _parts(text)
    if query is not None:
        raise BadAddress("A base URL has no query.")
    if scheme == "http" and not (http_on_loopback and _is_loopback(host)):
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


def resource_at(base: Base, reference: str) -> Target:
    """Where a reference of the form `Type/id`, absolute or not, is read; a version is left out.

    Raises:
        BadAddress: when it is no such reference or stands on another server.
    """
    path = _below(base, reference.strip())
    if path.query or len(path.segments) not in (2, 4):
        raise BadAddress("This is no reference of the form Type/id.")
    kind, identity, *version = path.segments
    if version and version[0] != "_history":
        raise BadAddress("This is no reference of the form Type/id.")
    if not is_type(kind) or not _ID.fullmatch(identity):
        raise BadAddress("This is no reference of the form Type/id.")
    return Target(base, (kind, identity))


def page_at(base: Base, link: str) -> Target:
    """Where a paging link leads, if it stays below the base.

    Raises:
        BadAddress: when it leads to another server or another path, or is written in a way that hides where.
    """
    return _below(base, link)


def query_at(base: Base, template: str, patient_id: str) -> Target:
    """A prefetch template of ours with the patient's id filled in.

    Raises:
        BadAddress: when the id is no FHIR id: it would change what is asked for.
    """
    if not is_id(patient_id):
        raise BadAddress("context.patientId is no FHIR id.")
    path, _, query = template.replace("{{context.patientId}}", patient_id).partition("?")
    return Target(base, tuple(path.split("/")), query)


def is_id(text: str) -> bool:
    """Whether a text can be a FHIR id and a path segment of its own."""
    return bool(_ID.fullmatch(text)) and text not in (".", "..")


def is_type(text: str) -> bool:
    """Whether a text has the form of the name of a resource type."""
    return bool(_TYPE.fullmatch(text))


def _below(base: Base, text: str) -> Target:
    if not text or text.startswith("//"):
        raise BadAddress("This leads to no resource of the server.")
    if "://" in text:
        whole = text
    elif text.startswith("/"):
        whole = base.origin + text
    else:
        whole = "/".join((base.origin, *base.segments, text)) if base.segments else f"{base.origin}/{text}"
    scheme, host, port, segments, query = _parts(whole)
    inside = segments[: len(base.segments)] == base.segments
    if (scheme, host, port) != (base.scheme, base.host, base.port) or not inside:
        raise BadAddress("This leads to another server.")
    return Target(base, segments[len(base.segments) :], query or "")


def _parts(text: str) -> tuple[str, str, int, tuple[str, ...], str | None]:
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


def _segments(path: str) -> tuple[str, ...]:
    inner = path.removeprefix("/").removesuffix("/")
    if not inner:
        if path not in ("", "/"):
            raise BadAddress("The path holds an empty part.")
        return ()
    segments = tuple(inner.split("/"))
    if not all(_SEGMENT.fullmatch(s) and s not in (".", "..") for s in segments):
        raise BadAddress("The path holds an empty part, a dot part, `%` or other odd characters.")
    return segments


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
