"""Reads the trust registry, or refuses it with a letter for every problem at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cds_service.engine.letters import Problem
from cds_service.engine.schema import fits
from cds_service.engine.textyaml import TextYaml, parse_text_yaml, read_text_yaml
from cds_service.settings import SettingError, Settings
from cds_service.trust.bases import BadAddress, parse_base
from cds_service.trust.jwks import MOST_BYTES, BadKeySet, usable_keys
from cds_service.trust.model import DEVELOPMENT, Client, Registry
from cds_service.trust.sandbox import names_sandbox
from cds_service.trust.urls import url_fault

VARIABLE = "IGRT_CDS_TRUST"
MANUAL = "docs/trust.md"
_ALGORITHMS = ("ES384", "RS384")
_SHARED = ("jwks_url", "keys_file", "keys", "algorithms")


class TrustError(SettingError):
    """The registry cannot be used. `problems` lists everything that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__(
            f"{len(problems)} problem(s) in the trust registry:\n"
            + "\n".join(f"  {p}" for p in self.problems)
        )


def load_registry(path: Path, *, development: bool = False) -> Registry:
    """The registry in a YAML file.

    Args:
        path: the file, as IGRT_CDS_TRUST names it.
        development: whether the public sandbox and http on this machine are taken.

    Raises:
        TrustError: with every problem: shape, addresses, keys, names and issuers that clash, and the CDS Hooks
            sandbox outside development (threat T6).
    """
    problems: list[Problem] = []
    text = read_text_yaml(path, str(path), problems, named=True)
    return _registry(text, path.parent, development, problems)


def registry_of(settings: Settings) -> Registry | None:
    """The clients of the file that IGRT_CDS_TRUST names; None in development when it names none.

    Raises:
        TrustError: the file cannot be used.
        SettingError: nobody could be let in, or anybody: there is no registry, or no address that tokens are for.
    """
    if settings.trust is not None:
        return load_registry(settings.trust, development=settings.development)
    if settings.development:
        return None
    raise SettingError(
        f"{VARIABLE}: no clients are registered, so nobody may call. Make a registry with `igrt-cds trust add` "
        "(docs/trust.md), or run it on this machine's own address for development."
    )


def parse_registry(text: str, name: str, folder: Path, *, development: bool = False) -> Registry:
    """As `load_registry`, from a string; `keys_file` is looked for in `folder`.

    Raises:
        TrustError: as `load_registry`.
    """
    problems: list[Problem] = []
    return _registry(parse_text_yaml(text, name, problems), folder, development, problems)


def _registry(text: TextYaml | None, folder: Path, development: bool, problems: list[Problem]) -> Registry:
    if text is None or not fits(text, "trust", problems, package="cds_service.trust", manual=MANUAL):
        raise TrustError(problems)
    data: Any = text.data
    reader = _Reader(text, folder, development, problems)
    clients = [reader.client(index, entry) for index, entry in enumerate(data["clients"])]
    reader.clashes(data["clients"])
    if problems:
        raise TrustError(problems)
    return Registry.of(clients)


class _Reader:
    def __init__(self, text: TextYaml, folder: Path, development: bool, problems: list[Problem]) -> None:
        self._text, self._folder, self._development = text, folder, development
        self._problems = problems

    def client(self, index: int, entry: Mapping[str, Any]) -> Client:
        """One client; what is wrong with it goes to the letters."""
        for member, position, value in _addresses(entry):
            what, remedy = self._address_fault(member, value)
            if what:
                self._say(index, member, position, f"`{value}` {what}", remedy)
        self._sandbox(index, entry)
        algorithms = tuple(dict.fromkeys(entry.get("algorithms", _ALGORITHMS)))
        if entry["name"] == DEVELOPMENT.name:
            self._say(
                index, "name", None, "`development` is the name of callers without a token.", "Take another."
            )
        if entry["profile"] == "oracle" and "tenants" not in entry:
            what = "`tenants` is missing: all health systems of this vendor sign as the same issuer."
            self._say(index, None, None, what, "List the tenant ids of this one.")
        return Client(
            name=entry["name"],
            issuer=entry["issuer"],
            jwks_url=entry.get("jwks_url"),
            keys=self._keys(index, entry, algorithms),
            algorithms=algorithms,
            tenants=frozenset(entry.get("tenants", ())),
            audiences=frozenset(entry.get("audiences", ())),
            fhir_bases=tuple(entry.get("fhir_bases", ())),
            origins=frozenset(entry.get("origins", ())),
            profile=entry["profile"],
        )

    def _address_fault(self, member: str, value: str) -> tuple[str, str]:
        """What is wrong with an address, and what to do; two empty texts when nothing is."""
        query, path = member == "jwks_url", member != "origins"
        what, remedy = url_fault(value, query=query, path=path, loopback=self._development)
        if what or member != "fhir_bases":
            return what, remedy
        try:
            parse_base(value, http_on_loopback=self._development)
        except BadAddress as error:
            return f"would never be read. {error}", "Give the address that the EHR sends as `fhirServer`."
        return "", ""

    def _sandbox(self, index: int, entry: Mapping[str, Any]) -> None:
        if self._development:
            return
        texts = {"issuer": entry["issuer"], "jwks_url": entry.get("jwks_url", "")}
        member = next((name for name, value in texts.items() if names_sandbox(value)), None)
        if member is None and entry["profile"] == "sandbox":
            member = "profile"
        if member is not None:
            what = "this is the public CDS Hooks sandbox. Its private key is public: anybody can sign as it."
            self._say(
                index, member, None, what, "Remove it; it is taken in development on this machine only."
            )

    def _keys(
        self, index: int, entry: Mapping[str, Any], algorithms: tuple[str, ...]
    ) -> Mapping[str, Any] | None:
        if "keys" in entry and "keys_file" in entry:
            self._say(index, "keys", None, "`keys` and `keys_file` both stand here.", "Keep one of them.")
            return None
        if "keys" in entry:
            member, keys = "keys", {"keys": entry["keys"]}
        elif "keys_file" in entry:
            member, keys = "keys_file", self._key_file(index, entry["keys_file"])
        else:
            if "jwks_url" not in entry:
                remedy = "Give jwks_url (the address of its key set), keys_file or keys."
                self._say(index, None, None, "there is nothing to check its tokens with.", remedy)
            return None
        if keys:
            self._usable(index, member, keys, algorithms)
        return keys

    def _usable(self, index: int, member: str, keys: Mapping[str, Any], algorithms: tuple[str, ...]) -> None:
        try:
            if usable_keys(keys, algorithms, sandbox=self._development):
                return
            what = f"no key here can check a signature of {' or '.join(algorithms)}."
            if usable_keys(keys, algorithms, sandbox=True):
                what = "the only keys here are those of the public CDS Hooks sandbox."
        except BadKeySet as error:
            what = f"the key set is refused. {error}"
        remedy = "Give public keys with `kid`: RSA of 2048 bits or more for RS384, EC P-384 for ES384."
        self._say(index, member, None, what, remedy)

    def _key_file(self, index: int, name: str) -> dict[str, Any]:
        try:
            with (self._folder / name).open("rb") as file:
                text = file.read(MOST_BYTES + 1)
            keys = json.loads(text) if len(text) <= MOST_BYTES else None
        except OSError as error:
            what = f"`{name}` cannot be read ({type(error).__name__})."
            self._say(index, "keys_file", None, what, "Name a file beside this one, or give its whole path.")
            return {}
        except (ValueError, RecursionError):
            keys = None
        if not isinstance(keys, dict):
            what = f"`{name}` is no JSON object, or longer than {MOST_BYTES // 1024} KiB."
            self._say(index, "keys_file", None, what, 'A key set is {"keys": [...]}.')
            return {}
        return keys

    def clashes(self, entries: list[Mapping[str, Any]]) -> None:
        """Clients that could be taken for each other."""
        names: dict[str, int] = {}
        issuers: dict[str, int] = {}
        tenants: dict[tuple[str, str], str] = {}
        for index, entry in enumerate(entries):
            first = names.setdefault(entry["name"], index)
            if first != index:
                line = self._text.line("clients", first, "name")
                self._say(index, "name", None, f"line {line} has this name too.", "Names are unique.")
            before = entries[issuers.setdefault(entry["issuer"], index)]
            if before is not entry:
                self._shared_issuer(index, entry, before)
            for position, tenant in enumerate(entry.get("tenants", ())):
                owner = tenants.setdefault((entry["issuer"], tenant), entry["name"])
                if owner != entry["name"]:
                    what = f"the tenant is that of {owner} already."
                    self._say(index, "tenants", position, what, "A tenant belongs to one client.")

    def _shared_issuer(self, index: int, entry: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        if "tenants" not in entry or "tenants" not in before:
            what = f"{before['name']} has this issuer too, and not both have tenants."
            self._say(
                index, "issuer", None, what, "Clients that share an issuer are told apart by `tenants`."
            )
        if any(entry.get(member) != before.get(member) for member in _SHARED):
            what = f"{before['name']} has this issuer too, but other keys or algorithms."
            self._say(index, "issuer", None, what, "Give both the same; an issuer has one key set.")

    def _say(self, index: int, member: str | None, position: int | None, what: str, remedy: str) -> None:
        path = tuple(part for part in ("clients", index, member, position) if part is not None)
        data: Any = self._text.data
        name = data["clients"][index]["name"]
        where = ", ".join(
            str(part) for part in (member, position + 1 if position is not None else None) if part
        )
        said = f"{where}: {what}" if where else what
        self._problems.append(Problem(self._text.name, self._text.line(*path), name, said, remedy))


def _addresses(entry: Mapping[str, Any]) -> Iterator[tuple[str, int | None, str]]:
    """(member, position in its list, address)."""
    if "jwks_url" in entry:
        yield "jwks_url", None, entry["jwks_url"]
    for member in ("fhir_bases", "origins"):
        for position, value in enumerate(entry.get(member, ())):
            yield member, position, value
