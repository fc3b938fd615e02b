"""What is made up of a patient before it becomes FHIR."""

from dataclasses import dataclass, field
from datetime import date, timedelta

HOSPITAL, OFFICE = "hospital", "office"
IMRT, CONFORMAL, STEREOTACTIC, SUPERFICIAL = "imrt", "3dcrt", "sbrt", "superficial"
NEW_CODES = date(2026, 1, 1)
"""From this day on delivery and guidance have other codes (EXT-01)."""


@dataclass(frozen=True)
class Payer:
    """A plan: `rule` says whose rules it stands for, `sopt` is its Source of Payment Typology code."""

    rule: str
    name: str
    sopt: str
    states: tuple[str, ...]
    groups: tuple[str, ...] = ()
    naic: str = ""


MEDICARE, FLORIDA_MEDICARE, FLORIDA_BLUE, MOLINA, PROGRAMME, OTHER = (
    "medicare",
    "medicare-florida",
    "florida-blue",
    "molina",
    "cvs-radonc",
    "other",
)
PAYERS = (
    Payer(MEDICARE, "Medicare", "121", ("GA", "TX", "CA")),
    Payer(FLORIDA_MEDICARE, "Medicare", "121", ("FL",)),
    Payer(FLORIDA_BLUE, "Florida Blue", "512", ("FL",), naic="98167"),
    Payer(MOLINA, "Molina Healthcare", "211", ("FL", "TX", "CA")),
    Payer(PROGRAMME, "Aetna", "512", ("GA", "TX"), groups=("cvs-radonc",)),
    Payer(OTHER, "Cigna", "512", ("GA", "FL", "CA")),
)


@dataclass
class Line:
    """A billed service."""

    code: str
    day: date
    modifiers: tuple[str, ...] = ()
    units: int = 1


@dataclass
class Claim:
    """A claim of one biller; lines get their sequence by position. `benefit_only`: only its ExplanationOfBenefit is
    in the export.
    """

    id: str
    institutional: bool
    place: str
    lines: list[Line]
    status: str = "active"
    benefit_only: bool = False

    @property
    def first(self) -> date:
        """First day of service."""
        return min(line.day for line in self.lines)

    @property
    def last(self) -> date:
        """Last day of service."""
        return max(line.day for line in self.lines)

    @property
    def reference(self) -> str:
        """As the audit names it."""
        return f"{'ExplanationOfBenefit' if self.benefit_only else 'Claim'}/{self.id}"


@dataclass
class Document:
    """A document on file: LOINC code or document type slug, its day, and the roles that signed it."""

    type: str
    day: date
    signers: tuple[str, ...] = ("radiation-oncologist",)


@dataclass(frozen=True)
class Planted:
    """A fault: the rule of the rulebook that it breaks, its severity there, and the lines by sequence."""

    claim: str
    rule: str
    severity: str
    lines: tuple[int, ...] = ()


@dataclass
class Patient:
    """A patient with a course of radiotherapy, all claims of it and what the chart holds."""

    number: int
    payer: Payer
    state: str
    setting: str
    technique: str
    method: str
    diagnosis: str
    indications: list[str]
    fractions: list[date]
    claims: list[Claim] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    imaged: dict[date, str] = field(default_factory=dict)
    course_coded: bool = True
    planted: list[Planted] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The patient's id."""
        return f"synthetic-{self.number:07}"

    @property
    def new_codes(self) -> bool:
        """Whether the course falls under the codes of 2026."""
        return self.fractions[0] >= NEW_CODES

    @property
    def medicare(self) -> bool:
        """Whether Medicare itself pays."""
        return self.payer.rule in (MEDICARE, FLORIDA_MEDICARE)

    def plant(
        self, claim: Claim, rule: str, severity: str, lines: tuple[Line, ...] | list[Line] = ()
    ) -> None:
        """Note a fault on these lines of a claim, or on the claim as a whole."""
        sequences = tuple(sorted(1 + _position(claim, line) for line in lines))
        self.planted.append(Planted(claim.reference, rule, severity, sequences))


def _position(claim: Claim, wanted: Line) -> int:
    return next(n for n, line in enumerate(claim.lines) if line is wanted)


def weekdays(first: date, count: int, step: int = 1) -> list[date]:
    """So many treatment days from a Monday on, weekends left out."""
    found: list[date] = []
    day = first
    while len(found) < count:
        if day.weekday() < 5:
            found.append(day)
        day += timedelta(days=step)
    return found
