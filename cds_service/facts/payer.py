"""Whose insurance governs: payer, line of business and programme (contract section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.engine.payers import BY_ITS_OWN_NAME, NOT_A_PAYER_FILE
from cds_service.engine.record import record
from cds_service.facts import fhir
from cds_service.facts.case import Member
from cds_service.facts.codes import any_codes
from cds_service.facts.coverage_kinds import SOPT_SYSTEMS, has_no_health_insurer
from cds_service.facts.medicare_words import MedicareNames, advantage_words, is_private, rules_medicare_out
from cds_service.facts.names import LONGEST_NAME, IdentifierIndex, NameIndex, normalised
from cds_service.facts.payer_identity import (
    Enrolment,
    Identity,
    plain_group,
    read_enrolment,
    read_identity,
    told_by,
)
from cds_service.facts.pool import Pool
from cds_service.facts.radiotherapy import local_codes

LINES_OF_BUSINESS = (
    "commercial",
    "fep",
    "sao",
    "medicare-advantage",
    "medicare",
    "medicaid",
    "marketplace",
    "ffs",
)
_MEDICARE = "medicare-ffs"
_ADVANTAGE = "medicare advantage"
_MEDICARE_LINES = frozenset({"medicare", "medicare-advantage"})


class PayerBook:
    """Recognises payers by identifier first, then by name against their aliases.

    What a payer with a name of its own shares with one called `other` is its own: whoever writes a policy for a payer
    that was known without one need not change the list where it stood.
    """

    def __init__(
        self,
        payers: Sequence[Mapping[str, Any]],
        source_of_payment: Mapping[str, str],
        states: Iterable[str] = (),
    ) -> None:
        """`states`: names and letters of states, which the names of Medicare may hold."""
        # Of two owners of an alias or identifier the first wins.
        payers = sorted(payers, key=lambda raw: raw["payer"] in NOT_A_PAYER_FILE)
        numbered = list(enumerate(payers))
        self._without_policy = NameIndex(
            (a["name"], a["match"], n)
            for n, raw in numbered
            if raw["payer"] in NOT_A_PAYER_FILE
            for a in raw.get("aliases", ())
        )
        self._identities = tuple(read_identity(raw, self._kin(raw, payers)) for raw in payers)
        self._source_of_payment = source_of_payment
        self._policy_from = {
            raw["payer"]: date.fromisoformat(raw["coding_policy_from"])
            for raw in payers
            if "coding_policy_from" in raw
        }
        self._by_identifier = IdentifierIndex(
            (i.get("system", ""), i["value"], n) for n, raw in numbered for i in raw.get("identifiers", ())
        )
        self._by_name = NameIndex(
            (a["name"], a["match"], n) for n, raw in numbered for a in raw.get("aliases", ())
        )
        self._medicare = [n for n, each in enumerate(self._identities) if each.payer == _MEDICARE]
        self._names_of_medicare = MedicareNames(states, self._is_contractor)
        self._enrolments: dict[str, list[Enrolment]] = {}
        for identity, raw in zip(self._identities, payers, strict=True):
            listed = [read_enrolment(p) for p in raw.get("programs", ())]
            self._enrolments.setdefault(identity.key, []).extend(listed)

    def began(self, payer: str) -> date | None:
        """The first day of the payer's own coding policy (`coding_policy_from`), if it has one."""
        return self._policy_from.get(payer)

    def on_date(self, payer: str, day: date) -> str:
        """The payer, or `other` on days before its own coding policy began (`coding_policy_from`)."""
        began = self.began(payer)
        return "other" if began is not None and day < began else payer

    def recognise(self, identifiers: Iterable[fhir.Identifier], names: Iterable[str]) -> Identity | None:
        """The payer of these identifiers and names, or None when nobody knows it.

        Identifiers decide before names. Of the names' aliases the longest is the most specific one:
        "molina medicare" before "medicare". Medicare itself is known by more names than its aliases.
        An identifier of a payer without a policy says no more than its name: where that name is another's by now,
        the identifier is too.
        """
        owner = self._by_identifier.find(identifiers)
        if owner is None:
            return self._by_names(names)
        found = self._identities[owner]
        if found.named:
            return found
        own = [name for name in names if name and (self._without_policy.find(name) or (0, -1))[1] == owner]
        renamed = self._by_names(own)
        return renamed if renamed and renamed.named else found

    def _by_names(self, names: Iterable[str]) -> Identity | None:
        hits = [hit for name in names if name and (hit := self._hit(name)) is not None]
        best = min(hits, key=lambda hit: (-hit[0], hit[1]), default=None)
        return self._identities[best[1]] if best else None

    def _kin(self, raw: Mapping[str, Any], payers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The payers called `other` among whose names those of this payer lie: the words of their plans are its too."""
        if raw["payer"] in NOT_A_PAYER_FILE:
            return []
        hits = [self._without_policy.find(a["name"]) for a in raw.get("aliases", ())]
        return [payers[n] for n in sorted({hit[1] for hit in hits if hit})]

    def _hit(self, name: str) -> tuple[int, int] | None:
        """Length and owner of what a name shows. Private plans are never Medicare: "Medicare Part B Supplement"."""
        hit = self._by_name.find(name)
        if hit is not None and hit[1] not in self._medicare:
            return hit
        plain = normalised(name[:LONGEST_NAME])
        if hit is not None:
            return None if is_private(plain) else hit
        known = self._medicare and self._names_of_medicare.meant_by(plain)
        return (len("medicare"), self._medicare[0]) if known else None

    def _is_contractor(self, name: str) -> bool:
        """Whether a name is one of Medicare's aliases, alone or with "Medicare" behind it: "wps medicare"."""
        hits = map(self._by_name.find, (name, f"{name} medicare"))
        return any(hit is not None and hit[1] in self._medicare for hit in hits)

    def line_of_business(self, coverage: fhir.Coverage, identity: Identity | None) -> str | Unknown:
        """Our own code first, then the Source of Payment Typology, then words of the plan's class."""
        for code in local_codes(coverage.type, "line-of-business"):
            if code == "medicare":  # an office's financial class, which files Medicare Advantage there too
                return self._narrowed(code, coverage, identity)
            if code in LINES_OF_BUSINESS:
                return code
        for coding in coverage.type.coding if coverage.type else ():
            if coding.system in SOPT_SYSTEMS and coding.code:
                lob = self._sopt(coding.code.strip())
                if lob:
                    return self._narrowed(lob, coverage, identity)
        return self.by_words(_plan_texts(coverage), identity)

    def _narrowed(self, lob: str, coverage: fhir.Coverage, identity: Identity | None) -> str:
        """The typology has no value for state accounts and files federal employees under their carrier."""
        worded = self.by_words(_plan_texts(coverage), identity)
        if lob == "commercial" and worded in ("fep", "sao"):
            return str(worded)
        return "medicare-advantage" if lob == "medicare" and worded == "medicare-advantage" else lob

    def by_words(self, texts: Iterable[str], identity: Identity | None) -> str | Unknown:
        """Line of business told by words of a plan or payer name, e.g. "Medicare Advantage"."""
        own = identity.words if identity else ()
        told: list[tuple[str, str]] = []
        for text in filter(None, texts):
            plain = normalised(text)
            hits = [(word, lob) for word, lob in (*own, *_COMMON_WORDS) if word in f" {plain} "]
            if words := advantage_words(plain):
                hits.append((f" {words} ", _lob_of_advantage(own)))
            if rules_medicare_out(plain):
                hits = [hit for hit in hits if hit[1] not in _MEDICARE_LINES]
            told += hits
        # The longest word is the most specific one: "medicare medicaid plan" before "medicaid".
        return max(told, key=lambda hit: len(hit[0]))[1] if told else UNKNOWN

    def _sopt(self, code: str) -> str:
        while code:
            if code in self._source_of_payment:
                return self._source_of_payment[code]
            code = code[:-1]  # the typology is hierarchical: 5121 is a kind of 512
        return ""

    def programs(
        self, coverage: fhir.Coverage, identity: Identity | None, day: date | None = None
    ) -> frozenset[str]:
        """Programmes of the coverage's group on the first day of service; the value `cvs-radonc` itself always
        counts (contract section 3)."""
        return self.programs_of(_groups(coverage), identity, day)

    def programs_of(
        self, groups: Sequence[str], identity: Identity | None, day: date | None = None
    ) -> frozenset[str]:
        """As `programs`, by the values and names of the coverage's groups."""
        if not groups:
            return frozenset()
        enrolments = self._enrolments.get(identity.key, []) if identity else []
        found = {e.program for e in enrolments for text in groups if e.holds(text, day)}
        return frozenset(found | {text for text in map(plain_group, groups) if text == BY_ITS_OWN_NAME})


def _groups(coverage: fhir.Coverage) -> tuple[str, ...]:
    """Values and names of the coverage's groups."""
    groups = [entry for entry in coverage.class_ if "group" in any_codes(entry.type)]
    return tuple([text or "" for entry in groups for text in (entry.value, entry.name)])


def _plan_texts(coverage: fhir.Coverage) -> list[str]:
    texts = [coverage.type.text or ""] if coverage.type else []
    for entry in coverage.class_:
        if "plan" in any_codes(entry.type):
            texts += [entry.value or "", entry.name or ""]
    return texts


def _lob_of_advantage(words: Iterable[tuple[str, str]]) -> str:
    """What a payer's own words call Medicare Advantage: Molina's is `medicare`."""
    return next((lob for word, lob in words if word == f" {_ADVANTAGE} "), "medicare-advantage")


_COMMON_WORDS = told_by(
    (
        ("medicare advantage", "medicare-advantage"),
        ("medicaid", "medicaid"),
        ("chip", "medicaid"),
        ("marketplace", "marketplace"),
    )
)


@record(frozen=True, slots=True)
class Insurer:
    """Who pays by a Coverage, whatever the day."""

    identity: Identity | None
    payer: str
    line_of_business: str | Unknown
    groups: tuple[str, ...]
    name: str = ""


def focal_insurance(claim: fhir.Claim) -> list[fhir.ClaimInsurance]:
    """The insurances that a claim goes to: those marked `focal`, else the first in sequence."""
    marked = [each for each in claim.insurance if each.focal]
    return marked or sorted(claim.insurance, key=lambda i: 99 if i.sequence is None else i.sequence)[:1]


def insurer_of(coverage: fhir.Coverage, holder: fhir.Resource, pool: Pool, book: PayerBook) -> Insurer:
    """The insurer as the Coverage of `holder` names it."""
    identifiers, names = _named(coverage.payor[:1], (coverage, holder), pool)
    identity = book.recognise(identifiers, names)
    lob = book.line_of_business(coverage, identity)
    payer = identity.payer if identity else "unknown"
    if isinstance(lob, Unknown):
        lob = book.by_words(names, identity)
    if payer == "unknown" and lob == "ffs":
        payer = _MEDICARE  # the typology's fee-for-service code names the programme itself
    if payer == "unknown" and has_no_health_insurer(coverage):
        payer = "other"
    return Insurer(identity, payer, lob, _groups(coverage), _called(payer, identity, names))


def insurer_without_coverage(claim: fhir.Claim, pool: Pool, book: PayerBook) -> Insurer:
    """The insurer to whom a claim goes, or who answered it (`insurer`), else as its focal Coverage is shown: all that
    is known where no Coverage is."""
    identifiers, names = _named(_told_without_coverage(claim), (claim,), pool)
    identity = book.recognise(identifiers, names)
    payer = identity.payer if identity else "unknown"
    return Insurer(identity, payer, book.by_words(names, identity), (), _called(payer, identity, names))


def _told_without_coverage(claim: fhir.Claim) -> list[fhir.Reference]:
    """References to who pays. That to the Coverage is one by what it displays: some exports write nothing else."""
    shown = [
        each.coverage.display for each in focal_insurance(claim) if each.coverage and each.coverage.display
    ]
    return [*([claim.insurer] if claim.insurer else []), *(fhir.Reference(display=name) for name in shown)]


def _called(payer: str, identity: Identity | None, names: Sequence[str]) -> str:
    """What tells insurers apart that the rulebook has no word for: the registry's name, else the first of their own,
    normalised."""
    if payer not in ("other", "unknown"):
        return ""
    return next(filter(None, map(normalised, [identity.name] if identity else names)), "")


def payor_names(coverage: fhir.Coverage, pool: Pool) -> list[str]:
    """Names of who pays by a Coverage, as it and its Organization give them."""
    return _named(coverage.payor[:1], (coverage,), pool)[1]


def _named(
    payors: Sequence[fhir.Reference], holders: Sequence[fhir.Resource], pool: Pool
) -> tuple[list[fhir.Identifier], list[str]]:
    """Identifiers and names of who pays. Medicare's exports have its name in the value of an identifier without a
    system."""
    identifiers: list[fhir.Identifier] = []
    names: list[str] = []
    for payor in payors:
        found = (pool.find(payor, holder, fhir.Organization) for holder in holders)
        organization = next(filter(None, found), None)
        if payor.identifier:
            identifiers.append(payor.identifier)
            names += [payor.identifier.value or ""] if not payor.identifier.system else []
        names.append(payor.display or "")
        if organization:
            identifiers += organization.identifier
            names += [organization.name or "", *organization.alias]
    return identifiers, names


class Members:
    """The members of one request. Most of its claims go by one Coverage, whose insurer is made out once.

    `insurer_tells`: without a Coverage the claim's `insurer` is the payer.
    """

    def __init__(self, pool: Pool, book: PayerBook, insurer_tells: bool = False) -> None:
        self._pool = pool
        self._book = book
        self._insurer_tells = insurer_tells
        self._insurers: dict[int, Insurer] = {}

    def of(self, coverage: fhir.Coverage | None, holder: fhir.Resource, start: date | None = None) -> Member:
        """The member as the Coverage describes it on the first day of service; the state is added by the caller."""
        if coverage is None:
            return self._without_coverage(holder)
        insurer = self._insurer(coverage, holder)
        return Member(
            payer=insurer.payer,
            payer_path="Coverage.payor[0]",
            line_of_business=insurer.line_of_business,
            programs=self._book.programs_of(insurer.groups, insurer.identity, start),
            insurer_name=insurer.name,
        )

    def _without_coverage(self, holder: fhir.Resource) -> Member:
        if (
            not self._insurer_tells
            or not isinstance(holder, fhir.Claim)
            or not _told_without_coverage(holder)
        ):
            return Member()
        insurer = insurer_without_coverage(holder, self._pool, self._book)
        return Member(
            payer=insurer.payer,
            payer_path=f"{holder.resourceType}.{'insurer' if holder.insurer else 'insurance'}",
            line_of_business=insurer.line_of_business,
            insurer_name=insurer.name,
        )

    def _insurer(self, coverage: fhir.Coverage, holder: fhir.Resource) -> Insurer:
        if any((payor.reference or "").strip().startswith("#") for payor in coverage.payor[:1]):
            return insurer_of(
                coverage, holder, self._pool, self._book
            )  # contained in one holder, not in the next
        found = self._insurers.get(id(coverage))
        if found is None:
            found = self._insurers[id(coverage)] = insurer_of(coverage, holder, self._pool, self._book)
        return found
