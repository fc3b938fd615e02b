"""What the oracle speaks about: a claim or an order in the words of the rules, and a finding reduced to what matters.

Nothing here knows FHIR or the product; `to_fhir` turns a scenario into a request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

IGRT = frozenset({"77014", "77387", "G6001", "G6002", "G6017"})
SPLIT = IGRT - {"G6017"}
RETIRED = frozenset({"77421", "76950", "0197T"})
PTP_MODIFIERS = frozenset({"59", "XE", "XS", "XP", "XU"})

IMRT_CPT = frozenset({"77385", "77386"})
IMRT_G = frozenset({"G6015", "G6016"})
CONV_CPT = frozenset({"77402", "77407", "77412"})
CONV_G = frozenset(f"G60{n:02d}" for n in range(3, 15))
SRS_SBRT = frozenset({"77371", "77372", "77373", "G0339", "G0340"})
SUPERFICIAL = frozenset({"77401", "77437", "77438"})
NEUTRON = frozenset({"77422", "77423"})
PROTON = frozenset({"77520", "77522", "77523", "77525"})
BRACHY = frozenset(
    {
        "77750",
        "77761",
        "77762",
        "77763",
        "77767",
        "77768",
        "77770",
        "77771",
        "77772",
        "77778",
        "77789",
        "77799",
        "0394T",
        "0395T",
    }
)
OLD_DELIVERY = frozenset(
    {
        "77418",
        "0073T",
        "77403",
        "77404",
        "77406",
        "77408",
        "77409",
        "77411",
        "77413",
        "77414",
        "77416",
        "77424",
        "77425",
    }
)
DELIVERY = (
    IMRT_CPT | IMRT_G | CONV_CPT | CONV_G | SRS_SBRT | SUPERFICIAL | NEUTRON | PROTON | BRACHY | OLD_DELIVERY
)

Day = date
"""The type, where a field of the same name hides it."""

YEAR_2015 = date(2015, 1, 1)
YEAR_2026 = date(2026, 1, 1)
MOLINA_FROM = date(2020, 11, 20)  # MOL-25


def era(day: date) -> str:
    """The three eras of rulebook 4.1: `old` to 2014, `mid` 2015-2025, `new` from 2026."""
    if day < YEAR_2015:
        return "old"
    return "mid" if day < YEAR_2026 else "new"


@dataclass(frozen=True)
class Line:
    """A claim line or the code of an order. `pos` None = not given; `fractions` are those named for this line."""

    code: str
    date: date
    modifiers: tuple[str, ...] = ()
    units: int = 1
    pos: str | None = None
    fractions: int | None = None
    sequence: int = 0
    points: tuple[int, ...] = (1,)  # its diagnoses, counted from 1; empty = no pointer
    end: Day | None = None  # last day of a line that spans several days

    @property
    def component(self) -> str:
        """`26`, `TC` or nothing, as coded."""
        for modifier in ("26", "TC"):
            if modifier in self.modifiers:
                return modifier
        return ""

    @property
    def label(self) -> str:
        """`2 G6002-26 2024-05-06`: how a finding names the line."""
        return f"{self.sequence} {'-'.join((self.code, *self.modifiers))} {self.date.isoformat()}"


@dataclass(frozen=True)
class PastClaim:
    """An earlier claim of the same patient. `own` = from the same biller as the claim under review."""

    claim_type: str
    own: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Record:
    """A Procedure: `fraction` (a treated fraction), `dated` (another one-day Procedure) or `course` (no date)."""

    what: str
    date: date | None = None
    methods: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A document in the chart, by LOINC code."""

    loinc: str
    date: date


@dataclass(frozen=True)
class Payer:
    """A payer and line of business in the terms of the matrix of rulebook 3.1."""

    key: str
    medicare: bool = False
    choice: str | None = None  # severity of AST-01 and AST-05, rulebook 2.2
    florida_blue: bool = False  # the guideline governs: not for FEP and SAO
    molina: bool = False
    lob: str | None = None  # where a Molina rule names one
    unknown: bool = False
    scope: str | None = None  # the rule id of a scope card


PAYERS = {
    payer.key: payer
    for payer in (
        Payer("medicare-ffs", medicare=True, choice="critical"),
        Payer("medicare-advantage", medicare=True, choice="warning"),
        Payer("other-payer-medicare", medicare=True, choice="warning"),
        Payer("florida-blue", florida_blue=True),
        Payer("florida-blue-ma", medicare=True, choice="info", florida_blue=True),
        Payer("florida-blue-fep", scope="FLB-35"),
        Payer("florida-blue-sao", scope="FLB-36"),
        Payer("other", molina=False),
        Payer("aetna"),
        Payer("molina-medicaid", molina=True, lob="medicaid"),
        Payer("molina-marketplace", molina=True, lob="marketplace"),
        Payer("molina-medicare", medicare=True, choice="critical", molina=True, lob="medicare"),
        Payer("unknown", unknown=True, scope="AST-02"),
    )
}


@dataclass(frozen=True)
class Scenario:
    """One claim or order with everything the rules may look at. `documents` None = the chart cannot be seen."""

    name: str
    payer: str
    lines: tuple[Line, ...]
    hook: str = "claim"
    claim_type: str = "professional"
    bill: str | None = None
    history: tuple[PastClaim, ...] = ()
    records: tuple[Record, ...] = ()
    indications: tuple[str, ...] = ()
    documents: tuple[Document, ...] | None = None
    attached: tuple[Document, ...] = ()
    diagnosis: str = "C61"
    breath_hold: bool = False
    fractions: int | None = None
    start: date | None = None
    programme: bool = False  # the member is in the CVS radiation-oncology programme
    intent: str | None = None
    whole_brain: bool = False
    more_diagnoses: tuple[str, ...] = ()  # after `diagnosis`, in their order
    state: str = "GA"
    other_coverage: str | None = None  # a second payer, listed first, that the claim is not sent to
    other_programme: bool = False

    @property
    def diagnoses(self) -> tuple[str, ...]:
        """All of them in sequence."""
        return tuple(code for code in (self.diagnosis, *self.more_diagnoses) if code)

    def molina_governs(self, day: date) -> bool:
        """MOL-25: before its policy Molina is a payer like others, Molina Medicare like Medicare."""
        return self.facts.molina and day >= MOLINA_FROM

    @property
    def facts(self) -> Payer:
        """The payer in the terms of the matrix."""
        return PAYERS[self.payer]

    @property
    def service_start(self) -> date:
        """First date of service of the claim, or the planned start of the order."""
        return self.start or min(line.date for line in self.lines)

    def hinting(self, day: date) -> tuple[Line, ...]:
        """Lines of the claim and of the day's course in history (rulebook 1.3, step 3). Here all are one course."""
        return (*self.lines, *(line for claim in self.history for line in claim.lines))


@dataclass(frozen=True, order=True)
class Finding:
    """A finding as it is compared: kind, severity, the labels of its lines, its remedies as short texts."""

    kind: str
    severity: str
    lines: frozenset[str] = field(compare=False)
    remedies: frozenset[str] = field(compare=False)
    rules: frozenset[str] = field(compare=False, default=frozenset())

    def key(self) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
        """What two findings have to share to be the same one."""
        return self.kind, self.severity, tuple(sorted(self.lines)), tuple(sorted(self.remedies))
