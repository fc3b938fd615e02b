"""The columns of a CSV of claim lines, and how a header is understood (docs/audit-inputs.md shows this table)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cds_service.audit_inputs.cells import says_nothing
from cds_service.audit_inputs.titles import plain, spelt_out

DIAGNOSES = 12
MODIFIERS = 4
MODIFIER_COLUMNS = (*(f"modifier_{n}" for n in range(1, MODIFIERS + 1)), "modifiers")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the template, what it holds, an example, and the titles it also goes by."""

    name: str
    meaning: str
    example: str = ""
    also: tuple[str, ...] = ()
    required: bool = False


def _numbered(
    name: str, count: int, meaning: str, examples: Sequence[str], *also: str, first: tuple[str, ...] = ()
) -> list[Column]:
    return [
        Column(
            f"{name}_{n}",
            meaning,
            examples[n - 1] if n <= len(examples) else "",
            (*[f"{title} {n}" for title in also], *(first if n == 1 else ())),
        )
        for n in range(1, count + 1)
    ]


_FORM = "`professional` (also P, PB, CMS-1500, HCFA, 837P) or `institutional` (also I, HB, UB-04, 837I)"
_LOB = (
    "commercial, fep, sao, medicare-advantage, medicare, medicaid, marketplace or ffs (Medicare itself); "
    "other words are read as the plan's name"
)
COLUMNS: tuple[Column, ...] = (
    Column(
        "claim_id",
        "the number of the claim; lines with the same number are one claim, wherever they stand",
        "SYN-1001",
        ("claim", "claim number", "claim no", "claim #", "invoice", "invoice number", "icn", "dcn",
         "claim control number", "patient control number", "pcn", "bill number", "bill id", "encounter",
         "encounter id", "encounter number", "visit id", "visit number", "ticket number", "hospital account",
         "hospital account id", "hospital account number", "har",
         "csn"),
        required=True,
    ),
    Column(
        "line_number",
        "number of the line in its claim; counted by order when left out",
        "1",
        ("line", "line no", "line #", "line item", "line item number", "service line", "charge line", "sequence"),
    ),
    Column(
        "patient_id",
        "your own number of the patient: it joins the claims of one patient, and is not shown in the report",
        "SYN-P1",
        ("patient number", "patient no", "mrn", "medical record number", "patient mrn", "patient", "medical record",
         "chart number", "chart id", "chart", "patient chart number", "person number", "patient id 1"),
        required=True,
    ),
    Column(
        "service_date",
        "date of service: 2024-03-04, 20240304 or 3/4/2024 (month first)",
        "2024-03-04",
        ("date of service", "dos", "service from", "from date", "service date from", "from dos", "dos from",
         "service from date", "service start date", "service begin date", "date of service from",
         "first date of service",
         "procedure date", "start date", "begin date", "treatment date", "date of treatment", "tx date",
         "activity date", "visit date", "encounter date"),
        required=True,
    ),
    Column(
        "service_date_end",
        "last day, when the line covers several days",
        "",
        ("service to", "to date", "thru date", "through date", "service date to", "to dos", "dos to",
         "service to date", "end date", "service through date", "service date through", "through dos", "dos through",
         "service end date", "date of service to", "last date of service", "service thru"),
    ),
    Column(
        "code",
        "HCPCS or CPT code; modifiers may follow it (77387-26). Empty where a revenue code alone is billed",
        "77387",
        ("hcpcs", "cpt", "hcpcs code", "cpt code", "hcpcs/cpt", "cpt/hcpcs", "cpt/hcpcs code", "hcpcs/cpt code",
         "procedure code", "proc code", "procedure", "service code", "cpt4", "cpt 4 code", "billing code",
         "charge code cpt",
         "procedure code cpt"),
        required=True,
    ),
    *_numbered("modifier", MODIFIERS, "modifier", ("26",), "mod", "modifier", "cpt modifier", "cpt mod",
               "procedure modifier", "proc mod", "hcpcs modifier", "modifier code"),
    Column("modifiers", "all modifiers in one cell, instead of the four", "", ("mods", "modifier", "mod",
           "cpt modifiers", "cpt modifier", "cpt mods", "cpt mod", "hcpcs modifiers", "hcpcs modifier",
           "procedure modifiers", "procedure modifier", "service modifier", "modifier codes", "modifier code",
           "charge modifiers", "charge modifier", "modifier list", "all modifiers")),
    Column("units", "number of units", "1", ("quantity", "qty", "service units", "days or units", "unit",
    "units billed", "billed units", "procedure units",
            "procedure quantity", "service quantity", "charge units", "number of units", "unit count")),
    Column(
        "charge",
        "what is billed for the whole line, in US dollars",
        "185.00",
        ("charges", "charge amount", "billed amount", "billed charge", "billed charges", "line charge", "billed",
         "line amount", "amount", "service charge", "procedure charge", "gross charge", "gross charges",
         "extended amount", "extended charge",
         "charged amount",
         "fee"),
    ),
    Column(
        "place_of_service",
        "two-digit place of service: 11 office, 19 or 22 hospital outpatient, 21 inpatient",
        "22",
        ("pos", "place of service code", "pos code", "place", "service place", "location pos",
         "service location place of service code", "place of service id"),
    ),
    *_numbered("diagnosis", DIAGNOSES, "ICD-10-CM code of the claim, the principal one first", ("C61",),
               "dx", "diag", "diagnosis code", "icd10", "icd", "icd 10", "diagnosis", "dx code", "icd code",
               "icd10 code", "icd dx", "encounter diagnosis", "encounter diagnosis code", "encounter diagnosis id",
               first=("principal diagnosis", "principal diagnosis code", "primary diagnosis",
                      "primary diagnosis code")),
    Column(
        "diagnoses",
        "all diagnosis codes in one cell, instead of the twelve",
        "",
        ("diagnosis codes", "dx codes", "icd10 codes", "icd codes", "diagnosis code", "icd10", "dx", "diagnosis",
         "icd", "icd code", "icd10 code", "diagnoses codes"),
    ),
    Column(
        "diagnosis_pointer",
        "which of them the line is for: 1, 1,2 or AB; all of the row when left out",
        "",
        ("diagnosis pointers", "dx pointer", "dx pointers", "pointer", "dx ptr"),
    ),
    Column("payer_name", "name of the payer", "Florida Blue",
           ("payer", "payor", "payor name", "insurance", "insurance name", "insurer", "primary payer",
            "primary insurance", "carrier", "insurance company", "primary payer name", "primary insurance name",
            "primary insurance company", "primary insurance company name", "insurance company name", "carrier name",
            "primary carrier", "primary carrier name", "insurance carrier", "billed payer", "current payer",
            "insurance 1", "payer 1", "payer 1 name", "health plan")),
    Column("payer_id", "the payer's number on claims (clearinghouse or NAIC)", "",
           ("payor id", "payer number", "payer code", "insurance id", "carrier id", "electronic payer id")),
    Column("plan_name", "name of the plan", "BlueOptions",
           ("plan", "product", "product name", "insurance plan", "benefit plan", "primary plan", "primary plan name",
            "insurance plan name", "primary insurance plan", "primary insurance plan name", "benefit plan name",
            "payer plan", "payer plan name")),
    Column("line_of_business", _LOB, "commercial", ("lob", "financial class", "insurance type", "plan type",
    "payer type", "coverage type",
            "payer class", "financial class name", "payer financial class")),
    Column("group_number", "the member's group, if the payer has programmes by group", "",
           ("group", "group id", "group no", "plan group")),
    Column("state", "two letters of where the treatment took place", "FL",
           ("service state", "facility state", "location state", "state of service", "site state",
            "service location state", "clinic state", "provider state", "hospital state",
            "practice state", "service facility state", "treatment state")),
    Column("claim_form", _FORM, "professional",
           ("form", "claim type", "form type", "bill form", "claim form type", "billing type",
            "professional or institutional")),
    Column("type_of_bill", "type of bill of an institutional claim, e.g. 0131; one that ends in 8 is a void", "",
           ("tob", "bill type", "billtype", "type bill")),
    Column("revenue_code", "revenue code of an institutional line; 0001, the total of the bill, is passed over", "",
           ("rev code", "revenue", "rev", "rev cd")),
    Column("rendering_npi", "NPI of the rendering provider", "",
           ("rendering provider npi", "rendering", "performing npi", "provider npi", "servicing npi",
            "rendering provider", "performing provider npi", "servicing provider npi", "service provider npi",
            "rendering provider id")),
    Column("billing_npi", "NPI of the billing provider", "",
           ("billing provider npi", "group npi", "facility npi", "billing provider id")),
    Column("ordering_npi", "NPI of the ordering or referring physician", "",
           ("ordering provider npi", "referring npi", "referring provider npi", "ordering provider")),
    Column("site", "your name of the clinic or facility: the report adds up by it", "Synthetic Clinic North",
           ("facility", "facility name", "location", "location name", "site name", "clinic", "department",
            "service location", "service facility", "service location name", "service facility name", "practice",
            "practice name", "bill area", "billing area", "cost center")),
    Column("indications", "reasons for the guidance that the record holds, e.g. `implanted-fiducials` (all lines)",
           "", ("indication", "igrt indication")),
    Column("claim_status", "`void` or `cancelled` for a claim that was taken back, `denied` or `rejected` for one that "
           "the payer refused as a whole; other words say nothing", "",
           ("status", "claim state")),
)  # fmt: skip
NAMES = tuple(column.name for column in COLUMNS)
REQUIRED = tuple(column.name for column in COLUMNS if column.required)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}


def _titles() -> dict[str, tuple[int, str]]:
    """Title, plain or spelt out -> rank and column; of columns that share a synonym the first has it."""
    ranked = [
        (rank, title, column.name)
        for column in COLUMNS
        for rank, title in enumerate((column.name, *column.also))
    ]
    found: dict[str, tuple[int, str]] = {}
    for compared in (plain, spelt_out):
        for rank, title, name in ranked:
            found.setdefault(compared(title), (rank, name))
    return found


_BY_TITLE = _titles()
_REPEATED = {
    "modifiers": "modifier",
    "modifier_1": "modifier",
    "diagnoses": "diagnosis",
    "diagnosis_1": "diagnosis",
}


_IN_SEVERAL = frozenset(
    {
        "payer_name",
        "payer_id",
        "line_of_business",
        "claim_form",
        "rendering_npi",
        "billing_npi",
        "ordering_npi",
    }
)
"""Columns whose empty cells leave the answer to the next title of theirs. Under a second title of the others something
else may stand: another kind of number, the days of the course, the diagnoses of the visit, an amount that was paid."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands, the width of the table, the titles that nobody knows, and `named`: how many cells a
    row needs, since those under no title at its end may be left out. `charges`: claims need no number.

    Of several `places` of a column the first one counts that says something; `beside` are the titles of all but the
    first, also where it has one place only.
    """

    places: Mapping[str, tuple[int, ...]]
    width: int
    unread: tuple[str, ...] = ()
    beside: Mapping[int, str] = field(default_factory=dict)
    named: int = 0
    charges: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that are not there."""
        return tuple(
            name for name in REQUIRED if name not in self.places and not (self.charges and name == "claim_id")
        )

    def says(self, row: Sequence[str], column: str) -> bool:
        """Whether a row, which may be too short, says something in a column."""
        return any(place < len(row) and not says_nothing(row[place]) for place in self.places.get(column, ()))

    @property
    def unknown_modifiers(self) -> bool:
        """Whether a title that nobody knows may mean modifiers, and none that is known does."""
        if not self.places.keys().isdisjoint(MODIFIER_COLUMNS):
            return False
        return any("modif" in plain(title) or plain(title).startswith("mod") for title in self.unread)


def is_title(cell: str) -> bool:
    """Whether a cell holds the title of a column."""
    return spelt_out(cell) in _BY_TITLE


def read_header(cells: Sequence[str], charges: bool = False) -> Header:
    """The columns of a header row. Of several titles for one column the best known one stands first, then the one
    further left; one title over several columns of modifiers or diagnoses numbers them.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    unread: list[str] = []
    titles = list(_counted([spelt_out(title) for title in cells]))
    for place, (title, written) in enumerate(zip(titles, cells, strict=True)):
        known = _BY_TITLE.get(title)
        if known is None:
            if written.strip():
                unread.append(_on_one_line(written))
            continue
        rank, name = known
        found.setdefault(name, []).append((rank, place))
    named = max((place + 1 for place, title in enumerate(cells) if title.strip()), default=0)
    ordered = {name: tuple(place for _, place in sorted(ranked)) for name, ranked in found.items()}
    beside = {place: _on_one_line(cells[place]) for each in ordered.values() for place in each[1:]}
    places = {name: each if name in _IN_SEVERAL else each[:1] for name, each in ordered.items()}
    return Header(places, len(cells), tuple(unread), beside, named, charges)


def _on_one_line(title: str) -> str:
    return " ".join(title.split())


def _counted(titles: Sequence[str]) -> Iterator[str]:
    """Titles of modifiers or diagnoses that stand over several columns, with the numbers that these have then."""
    seen: Counter[str] = Counter()
    for title in titles:
        name = _REPEATED.get(_BY_TITLE.get(title, (0, ""))[1])
        if name is None or titles.count(title) == 1:
            yield title
        else:
            seen[title] += 1
            yield plain(f"{name} {seen[title]}")
