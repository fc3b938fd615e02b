"""The decision table of rulebook section 12, cell by cell: columns M, FB and O. MO and CV have modules of their own.

Written from the table, not from the evaluator: what is right draws no warning, what is wrong draws the finding that is
named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tests.oracle.model import Document, Line, PastClaim, Record, Scenario

DAY, DAY_2026 = date(2023, 5, 8), date(2026, 5, 8)
COLUMNS = {
    "M": ("medicare-ffs",),
    "FB": ("florida-blue",),
    "O": ("other", "unknown"),
}
BY_METHOD = ("77014", "G6001", "G6002")
_REASON = "implanted-fiducials"


@dataclass(frozen=True)
class Wrong:
    """The finding that a wrong code has to draw: remedies by the words of `Finding`.

    `then` is what the corrected code draws by a cell of its own: G6017-26 loses its 26 first (AST-11(a), every side),
    and bare G6017 is another matter.
    """

    kind: str
    severity: str
    remedies: frozenset[str]
    then: Wrong | None = None


@dataclass(frozen=True)
class Case:
    """One cell with one choice of codes; `wrong` None = right, nothing at warning or above."""

    scenario: Scenario
    wrong: Wrong | None


@dataclass(frozen=True)
class Place:
    """Where a cell happens. `delivery` stands on the claim, or on the hospital's claim for a physician."""

    technique: str
    side: str
    delivery: str
    day: date = DAY
    coded: str | None = None
    beside: tuple[str, ...] = ()


def case(column_payer: str, place: Place, guidance: str, wrong: Wrong | None = None) -> Case:
    """A claim of this place with these lines (`77387-TC+G6017`; empty = none)."""
    pos = {"physician": "22", "office": "11"}.get(place.side)
    codes = [*place.beside, *(part for part in guidance.split("+") if part)]
    history: tuple[PastClaim, ...] = ()
    if place.side == "physician":
        codes = codes or ["77427"]
        history = (PastClaim("institutional", False, (Line(place.delivery, place.day),)),)
    else:
        codes = [place.delivery, *codes]
    lines = []
    for number, text in enumerate(codes, 1):
        code, *modifiers = text.split("-")
        lines.append(Line(code, place.day, tuple(modifiers), 1, pos, None, number))
    records = (Record("course", None, (), (place.coded,)),) if place.coded else ()
    documents = tuple(Document(loinc, place.day) for loinc in ("28626-0", "18741-9", "18776-5"))
    told = "+".join(part for part in (*place.beside, guidance) if part) or "nothing"
    name = f"{place.technique} {place.side} {place.delivery} {place.day.year} {column_payer}: {told}"
    return Case(
        Scenario(
            name=name,
            payer=column_payer,
            lines=tuple(lines),
            claim_type="institutional" if place.side == "hospital" else "professional",
            history=history,
            records=records,
            indications=(_REASON,),
            documents=documents,
        ),
        wrong,
    )


def cases() -> Iterator[Case]:
    """Every cell of the table with its right codes and its wrong neighbours."""
    for column, payers in COLUMNS.items():
        for payer in payers:
            for build in (
                _hospital_bundled,
                _hospital_conventional,
                physician_cells,
                office_cells,
                silent_cells,
                year_2026_cells,
            ):
                yield from build(column, payer)


def remove_line(code: str, severity: str, kind: str = "bundling") -> Wrong:
    return Wrong(kind, severity, frozenset({f"remove-line {code}"}))


def replace_code(code: str, kind: str, severity: str, *targets: str) -> Wrong:
    return Wrong(kind, severity, frozenset(f"replace {code} -> {to}" for to in targets))


def medicare_critical(column: str) -> str:
    return "critical" if column == "M" else "warning"


def _hospital_bundled(column: str, payer: str) -> Iterator[Case]:
    """IMRT, SRS/SBRT and superficial at the hospital: no technical guidance line. Superficial: none on any side."""
    severity = medicare_critical(column)
    bundled = [
        ("imrt", "77385"),
        ("imrt", "77386"),
        ("srs", "77372"),
        ("sbrt", "77373"),
        ("superficial", "77401"),
    ]
    for technique, delivery in bundled:
        place = Place(technique, "hospital", delivery)
        yield case(payer, place, "")
        for line in ("77387-TC", "77387", "77014-TC", "77014", "G6001-TC", "G6002-TC", "G6002", "G6017"):
            yield case(payer, place, line, remove_line(line.split("-")[0], severity))
    for side, lines in (
        ("physician", "77387-26 77014-26 G6001-26 G6002-26"),
        ("office", "77387 77014 G6001 G6017"),
    ):
        place = Place("superficial", side, "77401")
        yield case(payer, place, "")
        for line in lines.split():
            yield case(payer, place, line, remove_line(line.split("-")[0], severity))


def _hospital_conventional(column: str, payer: str) -> Iterator[Case]:
    """77387-TC or 77387 with 77402, 77407, 77412; 77014 is a matter of information for everybody."""
    for delivery, coded in (("77402", None), ("77407", "2d"), ("77412", "3dcrt"), ("77412", "electron")):
        place = Place(coded or "conventional", "hospital", delivery, coded=coded)
        for line in ("77387-TC", "77387", "77014-TC", "77014"):
            yield case(payer, place, line)
        for code in ("G6001", "G6002", "G6017"):
            text = code if code == "G6017" else f"{code}-TC"
            wrong = (
                replace_code(code, "code-choice-by-setting", "warning", "77387-TC") if column == "M" else None
            )
            yield case(payer, place, text, wrong)
        review = Wrong("modifier", "warning", frozenset({"review"}))
        for line in ("77014-26", "G6002-26", "77387-26"):
            yield case(payer, place, line, review)
        bare = (
            replace_code("G6017", "code-choice-by-setting", "warning", "77387-TC") if column == "M" else None
        )
        never = Wrong("modifier", "critical", frozenset({"remove-modifier G6017 26"}), bare)
        yield case(payer, place, "G6017-26", never)
    for delivery, targets in (("G6012", ("77402", "77407", "77412")), ("G6015", ("77385", "77386"))):
        place = Place("office code", "hospital", delivery)
        wrong = (
            replace_code(delivery, "code-choice-by-setting", "critical", *targets) if column == "M" else None
        )
        yield case(payer, place, "", wrong)


def physician_cells(column: str, payer: str) -> Iterator[Case]:
    """By method with 26; 77387-26 where the payer is not Medicare; SRS/SBRT and brachytherapy: nothing firm."""
    severity = medicare_critical(column)
    for technique, delivery in (("imrt", "77386"), ("conventional", "77412"), ("proton", "77523")):
        place = Place(technique, "physician", delivery)
        yield case(payer, place, "")
        for code in BY_METHOD:
            yield case(payer, place, f"{code}-26")
            yield case(
                payer, place, code, Wrong("modifier", severity, frozenset({f"add-modifier {code} 26"}))
            )
            yield case(payer, place, f"{code}-TC", replace_code(code, "modifier", severity, f"{code}-26"))
        payer_choice = [f"{code}-26" for code in BY_METHOD]
        if column == "M":
            for line in ("77387-26", "77387"):
                yield case(
                    payer,
                    place,
                    line,
                    replace_code("77387", "code-choice-by-payer", "critical", *payer_choice),
                )
        else:
            yield case(payer, place, "77387-26")
            yield case(
                payer, place, "77387", Wrong("modifier", "warning", frozenset({"add-modifier 77387 26"}))
            )
        tracking = Wrong("code-choice-by-setting", "warning", frozenset({"review", "remove-line G6017"}))
        bare = tracking if column == "M" else None
        yield case(payer, place, "G6017", bare)
        never = Wrong(
            "modifier", "critical", frozenset({"remove-modifier G6017 26", "remove-line G6017"}), bare
        )
        yield case(payer, place, "G6017-26", never)
        own = "warning" if delivery == "77523" else severity
        yield case(payer, place, f"{delivery}+77014-26", remove_line(delivery, own, "code-choice-by-setting"))
    for delivery in ("77372", "77373", "G0339"):
        place = Place("srs/sbrt", "physician", delivery)
        for line in ("77014-26", "G6001-26", "G6002-26"):
            yield case(payer, place, line)
        managed = Place("srs/sbrt", "physician", delivery, beside=("77435",))
        wrong = remove_line("G6002", "warning", "same-day-exclusion") if column == "M" else None
        yield case(payer, managed, "G6002-26", wrong)


def office_cells(column: str, payer: str) -> Iterator[Case]:
    """Global by method with G-codes for Medicare; either family for the others."""
    replaced = replace_code("77387", "code-choice-by-payer", "critical", *BY_METHOD)
    for technique, delivery in (
        ("imrt", "G6015"),
        ("imrt", "G6016"),
        ("conventional", "G6012"),
        ("proton", "77523"),
    ):
        place = Place(technique, "office", delivery)
        for line in ("", *BY_METHOD, "G6017", "77014-26", "G6002+G6017"):
            yield case(payer, place, line)
        yield case(payer, place, "77387", replaced if column == "M" else None)
        never = Wrong("modifier", "critical", frozenset({"remove-modifier G6017 26"}))
        yield case(payer, place, "G6017-26", never)
        twice = remove_line("G6002", "warning", "modifier")
        yield case(payer, place, "G6002+G6002-26", twice)
        if column != "M":
            yield case(payer, place, "77387+G6017", remove_line("G6017", "warning"))
            either = frozenset({"remove-line 77387", "remove-line G6002"})
            yield case(payer, place, "77387+G6002", Wrong("bundling", "warning", either))
    for delivery, targets in (
        ("77385", ("G6015", "G6016")),
        ("77412", tuple(f"G60{n:02d}" for n in range(3, 15))),
    ):
        place = Place("cpt delivery", "office", delivery)
        wrong = (
            replace_code(delivery, "code-choice-by-payer", "critical", *targets) if column == "M" else None
        )
        for line in ("", "G6002"):
            yield case(payer, place, line, wrong)
    if column != "M":
        for delivery in ("77385", "77386"):
            place = Place("imrt", "office", delivery)
            for line in ("77387-26", *(f"{code}-26" for code in BY_METHOD)):
                yield case(payer, place, line)
            yield case(payer, place, "77387", replace_code("77387", "bundling", "warning", "77387-26"))
            yield case(payer, place, "77387-TC", remove_line("77387", "warning"))
        for line in ("77387", "77387-26"):
            yield case(payer, Place("conventional", "office", "77412"), line)
    for delivery in ("77372", "77373"):
        place = Place("srs/sbrt", "office", delivery)
        for line in ("77014", "G6001"):
            yield case(payer, place, line)
        for code in ("G6002", "G6017"):
            yield case(
                payer,
                place,
                code,
                remove_line(code, "warning", "same-day-exclusion") if column == "M" else None,
            )
        paid = Wrong("code-choice-by-payer", "warning", frozenset({"remove-line 77387", "review"}))
        yield case(payer, place, "77387", paid if column == "M" else None)


def silent_cells(column: str, payer: str) -> Iterator[Case]:
    """Proton and brachytherapy at the hospital: the coding documents say nothing."""
    for line in ("77387-TC", "77387", "77014-TC", "G6002-TC"):
        yield case(payer, Place("proton", "hospital", "77523"), line)
    for line in ("77387-TC", "77014-TC"):
        yield case(payer, Place("brachytherapy", "hospital", "77770"), line)


def year_2026_cells(column: str, payer: str) -> Iterator[Case]:
    """The last paragraph of section 12 and EXT-01 to EXT-04."""
    severity = medicare_critical(column)
    hospital = Place("linac", "hospital", "77412", DAY_2026)
    physician, office = (Place("linac", side, "77412", DAY_2026) for side in ("physician", "office"))
    ended = Wrong(
        "code-effective-date", "critical", frozenset({"replace 77014 -> 77387-26", "replace 77014 -> 77387"})
    )
    yield case(payer, hospital, "77387")
    yield case(payer, hospital, "77387-TC", remove_line("77387", "warning"))
    yield case(payer, hospital, "77014-TC", remove_line("77014", "critical", "code-effective-date"))
    for place in (physician, office):
        for line in ("", "77387-26", "77387"):
            yield case(payer, place, line)
        yield case(payer, place, "77387-TC", remove_line("77387", severity))
        for line in ("77014", "77014-26"):
            yield case(payer, place, line, ended)
        yield case(payer, place, "G6002-TC", remove_line("G6002", "critical", "code-effective-date"))
    levels = ("77402", "77407", "77412")
    for code in ("77386", "G6015", "G6012"):
        place = Place("linac", "office", code, DAY_2026)
        yield case(payer, place, "77387-26", replace_code(code, "code-effective-date", "critical", *levels))
    for delivery in ("77372", "77373"):
        place = Place("srs/sbrt", "hospital", delivery, DAY_2026)
        yield case(payer, place, "")
        yield case(payer, place, "77387", remove_line("77387", severity))
    for side, line in (("physician", "77387-26"), ("office", "77387-26"), ("hospital", "77387")):
        place = Place("superficial", side, "77437", DAY_2026)
        yield case(payer, place, "77439-26" if side == "physician" else "77439")
        yield case(payer, place, line, remove_line("77387", "warning"))
