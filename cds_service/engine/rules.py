"""Policies as the engine holds them: dated rule versions with their conditions, texts and citations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from cds_service.engine.catalogue import Catalogue
from cds_service.engine.conditions import Condition
from cds_service.engine.model import Severity, Source
from cds_service.engine.vocabulary import Fact, Vocabulary

if TYPE_CHECKING:
    from cds_service.engine.payers import PayerEntry
    from cds_service.engine.positions import Position, Resolution

T = TypeVar("T")
ForEach = Literal["line", "unit"]
OncePer = Literal["line", "date", "unit"]
DatedBy = Literal["line-date", "service-start"]


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day, both included; None is open."""

    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the span."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def overlaps(self, other: Span) -> bool:
        """Whether the spans share a day."""
        starts_before = self.first is None or other.last is None or self.first <= other.last
        return starts_before and (other.first is None or self.last is None or other.first <= self.last)

    def holds_all_of(self, other: Span) -> bool:
        """Whether every day of `other` lies in the span."""
        begins = self.first is None or (other.first is not None and self.first <= other.first)
        return begins and (self.last is None or (other.last is not None and other.last <= self.last))

    def __str__(self) -> str:
        return f"{self.first or 'always'} to {self.last or 'open'}"


@dataclass(frozen=True, slots=True)
class Ladder(Generic[T]):
    """Steps tried in order; the first whose condition is true (not unknown) decides, else `otherwise`."""

    steps: tuple[tuple[Condition, T], ...]
    otherwise: T


@dataclass(frozen=True, slots=True)
class RemedySpec:
    """A remedy as the policy writes it, before it meets a line.

    `target` holds the codes it names, or the fact that gives them. `component` says what becomes of 26/TC:
    keep the line's (M-4), or set professional, technical, none.
    """

    action: str
    of: Literal["subject", "others"] = "subject"
    target: tuple[str, ...] | Fact = ()
    component: Literal["keep", "professional", "technical", "none"] = "keep"
    modifier: str = ""
    document: str = ""
    indications: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    unless: Condition | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """A ceiling on the severity while the condition holds."""

    when: Condition
    at_most: Severity


@dataclass(frozen=True, slots=True)
class FindingSpec:
    """What a rule says when it speaks.

    `limit_per`: within what the lines over a unit limit belong together, so that their reductions are one finding.
    `others_in_question`: what would have to change are the others, on earlier claims, not its own lines (M-11).
    """

    kind: str
    severity: Ladder[Severity]
    summary: str
    because: tuple[str, ...]
    remedies: Ladder[tuple[RemedySpec, ...]]
    question: str = ""
    notes: tuple[str, ...] = ()
    all_of: bool = False
    limit_per: Literal["date", "course"] = "date"
    concerns_guidance: bool = False
    others: tuple[Fact, Condition] | None = None
    others_in_question: bool = False
    document: str = ""
    missing: tuple[str, ...] = ()
    checklist: str = ""
    checklist_summary: str = ""
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule, named for the state that it finds."""

    id: str
    policy: str
    file: str
    line: int
    status: str
    effective: Span
    dated_by: DatedBy
    hooks: frozenset[str]
    for_each: ForEach
    once_per: OncePer
    applies: Condition
    when: Condition
    if_unknown: Literal["stay-silent", "ask"]
    overrides: tuple[str, ...]
    finding: FindingSpec
    cites: tuple[str, ...]
    also_cites: tuple[tuple[Condition, tuple[str, ...]], ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    def line_of(self, member: str) -> int:
        """The line of a member such as `cites` or `finding.summary`; of the rule when it has none."""
        return self.lines.get(member, self.line)

    @property
    def statements(self) -> tuple[str, ...]:
        """Every statement that it may cite: always, or where a condition of `also_cites` holds."""
        return (*self.cites, *(cited for _, more in self.also_cites for cited in more))

    @property
    def called(self) -> tuple[str, str]:
        """Both ways in which a person names it, whatever the version: by its id, and by policy.id."""
        return self.id, f"{self.policy}.{self.id}"

    @property
    def name(self) -> str:
        """Unique over the whole book: `policy.rule@first-day`."""
        return f"{self.policy}.{self.id}@{self.effective.first or 'always'}"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a document's register, with the rules that implement it or the reason why none does."""

    id: str
    document: str
    section: str
    says: str
    kind: str
    not_modelled: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A source document: whose it is, where it stands and when it was in force."""

    id: str
    title: str
    owner: str
    label: str
    rank: str
    url: str
    edition: str
    in_force: Span
    file: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Policy:
    """One policy file; `home` is the folder in which it stands."""

    id: str
    about: str
    file: str
    document: str
    rules: tuple[Rule, ...]
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    home: str = field(default="", compare=False)


@dataclass(frozen=True)
class Book:
    """All policies, documents and the catalogue they speak of. Immutable after loading."""

    policies: tuple[Policy, ...]
    documents: Mapping[str, Document]
    catalogue: Catalogue
    vocabulary: Vocabulary
    payers: tuple[Mapping[str, Any], ...] = ()
    payer_entries: tuple[PayerEntry, ...] = field(default=(), compare=False)
    fingerprint: str = ""
    positions: tuple[Position, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    _sources: dict[str, Source] = field(default_factory=dict, compare=False)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule version, in file order."""
        return tuple(rule for policy in self.policies for rule in policy.rules)

    def statement(self, id: str) -> Statement | None:
        """The register's entry, or None."""
        for document in self.documents.values():
            for statement in document.statements:
                if statement.id == id:
                    return statement
        return None

    def source(self, statement_id: str) -> Source:
        """The citation of a registered statement.

        Raises:
            KeyError: for a statement that no register holds (the checks refuse such a book).
        """
        if statement_id not in self._sources:
            for document in self.documents.values():
                for s in document.statements:
                    self._sources[s.id] = Source(
                        statement=s.id,
                        section=s.section,
                        document=document.id,
                        title=document.title,
                        owner=document.owner,
                        label=document.label,
                        url=document.url,
                        edition=document.edition,
                        rank=document.rank,
                    )
        return self._sources[statement_id]
