"""The columns of a CSV of claim lines, and how a header is understood (docs/audit-inputs.md shows this table)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

DIAGNOSES = 12
MODIFIERS = 4
MODIFIER_COLUMNS = (*(f"modifier_{n}" for n in range(1, MODIFIERS + 1)), "modifiers")
_PUNCTUATION = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the template, what it holds, an example, and the titles it also goes by."""

    name: str
    meaning: str
    example: str = ""
    also: tuple[str, ...] = ()
    required: bool = False


def _numbered(name: str, count: int, meaning: str, examples: Sequence[str], *also: str) -> list[Column]:
    return [
        Column(
            f"{name}_{n}",
            meaning,
            examples[n - 1] if n <= len(examples) else "",
            tuple(f"{title} {n}" for title in also),
        )
        for n in range(1, count + 1)
    ]


_FORM = "`professional` (also P, CMS-1500, HCFA, 837P) or `institutional` (also I, UB-04, 837I)"
_LOB = (
    "commercial, fep, sao, medicare-advantage, medicare, medicaid, marketplace or ffs (Medicare itself); "
    "other words are read as the plan's name"
)
COLUMNS: tuple[Column, ...] = (
    Column(
        "claim_id",
        "the number of the claim; lines with the same number are one claim, wherever they stand",
        "SYN-1001",
        ("claim", "claim number", "claim no", "claim #", "invoice", "invoice number", "icn", "dcn"),
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
        ("patient number", "patient no", "mrn", "medical record number", "patient mrn", "patient"),
        required=True,
    ),
    Column(
        "service_date",
        "date of service: 2024-03-04, 20240304 or 3/4/2024 (month first)",
        "2024-03-04",
        ("date of service", "dos", "service from", "from date", "service date from", "from dos", "dos from",
         "service from date"),
        required=True,
    ),
    Column(
        "service_date_end",
        "last day, when the line covers several days",
        "",
        ("service to", "to date", "thru date", "through date", "service date to", "to dos", "dos to",
         "service to date", "end date"),
    ),
    Column(
        "code",
        "HCPCS or CPT code; modifiers may follow it (77387-26)",
        "77387",
        ("hcpcs", "cpt", "hcpcs code", "cpt code", "hcpcs/cpt", "cpt/hcpcs", "cpt/hcpcs code", "hcpcs/cpt code",
         "procedure code", "proc code", "procedure", "service code"),
        required=True,
    ),
    *_numbered("modifier", MODIFIERS, "modifier", ("26",), "mod", "modifier", "cpt modifier", "cpt mod",
               "procedure modifier", "proc mod", "hcpcs modifier", "modifier code"),
    Column("modifiers", "all modifiers in one cell, instead of the four", "", ("mods", "modifier", "mod")),
    Column("units", "number of units", "1", ("quantity", "qty", "service units", "days or units", "unit")),
    Column(
        "charge",
        "what is billed for the whole line, in US dollars",
        "185.00",
        ("charges", "charge amount", "billed amount", "billed charge", "billed charges", "line charge", "billed",
         "line amount", "amount"),
    ),
    Column(
        "place_of_service",
        "two-digit place of service: 11 office, 19 or 22 hospital outpatient, 21 inpatient",
        "22",
        ("pos", "place of service code", "pos code", "place"),
    ),
    *_numbered("diagnosis", DIAGNOSES, "ICD-10-CM code of the claim, the principal one first", ("C61",),
               "dx", "diag", "diagnosis code", "icd10", "icd", "icd 10", "diagnosis", "dx code"),
    Column(
        "diagnoses",
        "all diagnosis codes in one cell, instead of the twelve",
        "",
        ("diagnosis codes", "dx codes", "icd10 codes", "icd codes", "diagnosis code", "icd10", "dx", "diagnosis"),
    ),
    Column(
        "diagnosis_pointer",
        "which of them the line is for: 1, 1,2 or AB; all of the row when left out",
        "",
        ("diagnosis pointers", "dx pointer", "dx pointers", "pointer", "dx ptr"),
    ),
    Column("payer_name", "name of the payer", "Florida Blue",
           ("payer", "payor", "payor name", "insurance", "insurance name", "insurer", "primary payer",
            "primary insurance", "carrier", "insurance company", "primary payer name")),
    Column("payer_id", "the payer's number on claims (clearinghouse or NAIC)", "",
           ("payor id", "payer number", "payer code", "insurance id", "carrier id", "electronic payer id")),
    Column("plan_name", "name of the plan", "BlueOptions",
           ("plan", "product", "product name", "insurance plan", "benefit plan")),
    Column("line_of_business", _LOB, "commercial", ("lob", "financial class", "insurance type", "plan type")),
    Column("group_number", "the member's group, if the payer has programmes by group", "",
           ("group", "group id", "group no", "plan group")),
    Column("state", "two letters of where the treatment took place", "FL",
           ("service state", "facility state", "location state", "state of service", "site state")),
    Column("claim_form", _FORM, "professional",
           ("form", "claim type", "form type", "bill form", "claim form type", "billing type")),
    Column("type_of_bill", "type of bill of an institutional claim, e.g. 0131; one that ends in 8 is a void", "",
           ("tob", "bill type", "billtype", "type bill")),
    Column("revenue_code", "revenue code of an institutional line", "", ("rev code", "revenue", "rev", "rev cd")),
    Column("rendering_npi", "NPI of the rendering provider", "",
           ("rendering provider npi", "rendering", "performing npi", "provider npi", "servicing npi",
            "rendering provider")),
    Column("billing_npi", "NPI of the billing provider", "",
           ("billing provider npi", "group npi", "facility npi", "billing provider id")),
    Column("ordering_npi", "NPI of the ordering or referring physician", "",
           ("ordering provider npi", "referring npi", "referring provider npi", "ordering provider")),
    Column("site", "your name of the clinic or facility: the report adds up by it", "Synthetic Clinic North",
           ("facility", "facility name", "location", "location name", "site name", "clinic", "department",
            "service location", "service facility")),
    Column("indications", "reasons for the guidance that the record holds, e.g. `implanted-fiducials` (all lines)",
           "", ("indication", "igrt indication")),
    Column("claim_status", "`void` or `cancelled` for a claim that was taken back, `denied` or `rejected` for one that "
           "the payer refused as a whole; other words say nothing", "",
           ("status",)),
)  # fmt: skip
NAMES = tuple(column.name for column in COLUMNS)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}


def plain(title: str) -> str:
    """A title as titles are compared: letters and digits in lower case; "#" counts as "number"."""
    return _PUNCTUATION.sub("", title.lower().replace("#", " number "))


def _titles() -> dict[str, tuple[int, str]]:
    """Plain title -> rank and column; a column's own name wins over another column's synonym."""
    found: dict[str, tuple[int, str]] = {plain(column.name): (0, column.name) for column in COLUMNS}
    for column in COLUMNS:
        for rank, title in enumerate(column.also, start=1):
            found.setdefault(plain(title), (rank, column.name))
    return found


_BY_TITLE = _titles()
_REPEATED = {
    "modifiers": "modifier",
    "modifier_1": "modifier",
    "diagnoses": "diagnosis",
    "diagnosis_1": "diagnosis",
}


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands, the width of the table, the titles that nobody knows, and `named`: how many cells a
    row needs, since those under no title at its end may be left out.
    """

    places: Mapping[str, int]
    width: int
    unread: tuple[str, ...] = ()
    named: int = 0

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that are not there."""
        return tuple(c.name for c in COLUMNS if c.required and c.name not in self.places)

    @property
    def unknown_modifiers(self) -> bool:
        """Whether a title that nobody knows may mean modifiers, and none that is known does."""
        if not self.places.keys().isdisjoint(MODIFIER_COLUMNS):
            return False
        return any("modif" in plain(title) or plain(title).startswith("mod") for title in self.unread)


def is_title(cell: str) -> bool:
    """Whether a cell holds the title of a column."""
    return plain(cell) in _BY_TITLE


def read_header(cells: Sequence[str]) -> Header:
    """The columns of a header row. Of two titles for one column the better known one counts, then the first; one
    title over several columns of modifiers or diagnoses numbers them.
    """
    found: dict[str, tuple[int, int]] = {}
    unread: list[str] = []
    titles = list(_counted([plain(title) for title in cells]))
    for place, (title, written) in enumerate(zip(titles, cells, strict=True)):
        known = _BY_TITLE.get(title)
        if known is None:
            if written.strip():
                unread.append(written.strip())
            continue
        rank, name = known
        if name not in found or rank < found[name][0]:
            found[name] = (rank, place)
    named = max((place + 1 for place, title in enumerate(cells) if title.strip()), default=0)
    return Header({name: place for name, (_, place) in found.items()}, len(cells), tuple(unread), named)


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
