"""Addresses in the registry: what could be read in two ways is refused when the file is read (threats T1, T2)."""

from __future__ import annotations

import ipaddress
import re

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]*)*)(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?"
)
_AUTHORITY = re.compile(r"https?://[^/?#@]*(?=[/?#]|$)", re.I)
_FORM = "Write https://host/path, the host in small letters, without user, `#`, `%` and `..`."


def url_fault(
    text: str, *, query: bool = False, path: bool = True, loopback: bool = False
) -> tuple[str, str]:
    """What is wrong with an address, and what to do; two empty texts when nothing is.

    Args:
        text: the address as it is written.
        query: whether it may have a query.
        path: whether it may have a path; an origin has none, not even a slash.
        loopback: whether http is taken for this machine (development).
    """
    parts = _URL.fullmatch(text)
    if parts is None or not _host(parts["host"]) or int(parts["port"] or 443) > 65535:
        return "is no plain address.", _FORM
    if {"..", "."} & set(parts["path"].split("/")) or "//" in parts["path"]:
        return "has an empty or dotted part in its path.", _FORM
    if parts["query"] and not query:
        return "has a query.", "Leave out `?` and what follows."
    if parts["path"] and not path:
        return "has a path.", "An origin is scheme, host and port alone, without a slash at its end."
    if parts["scheme"] == "http" and not (loopback and is_loopback(parts["host"].strip("[]"))):
        return "is not https.", "Use https; http is taken for this machine in development only."
    return "", ""


def in_one_case(text: str) -> str:
    """An http(s) address with scheme and host in small letters (RFC 3986, section 6.2.2.1); other texts as they are."""
    parts = _AUTHORITY.match(text) if text.isascii() else None  # beyond ASCII two letters share a small one
    return text if parts is None else parts[0].lower() + text[parts.end() :]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its own name or address, not by what a name resolves to."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(text: str) -> bool:
    """Whether this is a name, or an address in its usual form: numbers that only look like one are not."""
    if text.startswith("["):
        return _is_address(text[1:-1])
    last = text.rpartition(".")[2]
    return _is_address(text) if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last) else ".." not in text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
