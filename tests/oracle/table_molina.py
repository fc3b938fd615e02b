"""Column MO of the decision table, for each line of business. Written from the table and the Molina rules, not from the
evaluator."""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.table import (
    BY_METHOD,
    DAY,
    Case,
    Place,
    Wrong,
    case,
    medicare_critical,
    remove_line,
    replace_code,
    silent_cells,
    year_2026_cells,
)

LINES_OF_BUSINESS = {"molina-medicaid": "O", "molina-marketplace": "O", "molina-medicare": "M"}
_WITH_26 = tuple(f"{code}-26" for code in BY_METHOD)
_NEVER_26 = Wrong("modifier", "critical", frozenset({"remove-modifier G6017 26"}))
_CONV_G = tuple(f"G60{n:02d}" for n in range(3, 15))


def molina_cases() -> Iterator[Case]:
    """Every cell of column MO with its right codes and its wrong neighbours."""
    for payer, column in LINES_OF_BUSINESS.items():
        for build in (_hospital, _physician, _office_imrt, _office, silent_cells, year_2026_cells):
            yield from build(column, payer)


def _hospital(column: str, payer: str) -> Iterator[Case]:
    """G6017 at the hospital is a matter of information: Molina sees it as professional."""
    technical = ("77387-TC", "77387", "77014-TC", "77014", "G6001-TC", "G6002-TC", "G6002")
    severity = medicare_critical(column)
    for delivery in ("77385", "77386"):
        place = Place("imrt", "hospital", delivery)
        for line in ("", "G6017"):
            yield case(payer, place, line)
        for line in technical:
            yield case(payer, place, line, remove_line(line.split("-")[0], "critical"))
    for technique, delivery in (("srs", "77372"), ("sbrt", "77373"), ("superficial", "77401")):
        place = Place(technique, "hospital", delivery)
        yield case(payer, place, "")
        for line in technical:
            yield case(payer, place, line, remove_line(line.split("-")[0], severity))
        tracking = None
        if technique == "superficial":
            tracking = remove_line("G6017", severity)
        elif column == "M":
            tracking = remove_line("G6017", "warning", "same-day-exclusion")
        yield case(payer, place, "G6017", tracking)
    for delivery, coded in (("77402", None), ("77407", "2d"), ("77412", "3dcrt"), ("77412", "electron")):
        place = Place(coded or "conventional", "hospital", delivery, coded=coded)
        for line in ("77387-TC", "77387", "77014-TC", "77014", "G6001-TC", "G6002-TC", "G6017"):
            yield case(payer, place, line)
        for line in ("77014-26", "G6002-26", "77387-26"):
            yield case(payer, place, line, Wrong("modifier", "warning", frozenset({"review"})))
        yield case(payer, place, "G6017-26", _NEVER_26)
    for delivery, targets in (("G6012", ("77402", "77407", "77412")), ("G6015", ("77385", "77386"))):
        wrong = (
            replace_code(delivery, "code-choice-by-setting", "critical", *targets) if column == "M" else None
        )
        yield case(payer, Place("office code", "hospital", delivery), "", wrong)


def _physician(column: str, payer: str) -> Iterator[Case]:
    """By method with 26, or G6017 without modifier; never 77387."""
    severity = medicare_critical(column)
    for technique, delivery in (("imrt", "77386"), ("conventional", "77412"), ("proton", "77523")):
        place = Place(technique, "physician", delivery)
        for line in ("", *_WITH_26, "G6017", "G6002-26+G6017"):
            yield case(payer, place, line)
        for code in BY_METHOD:
            missing = Wrong("modifier", "critical", frozenset({f"add-modifier {code} 26"}))
            yield case(payer, place, code, missing)
            yield case(payer, place, f"{code}-TC", replace_code(code, "modifier", "critical", f"{code}-26"))
        for line in ("77387-26", "77387"):
            wrong = replace_code("77387", "code-choice-by-payer", severity, *_WITH_26)
            yield case(payer, place, line, wrong)
        yield case(payer, place, "G6017-26", _NEVER_26)
        own = "warning" if delivery == "77523" else severity
        yield case(payer, place, f"{delivery}+77014-26", remove_line(delivery, own, "code-choice-by-setting"))
    for delivery in ("77372", "77373", "G0339"):
        for line in (*_WITH_26, "G6017"):
            yield case(payer, Place("srs/sbrt", "physician", delivery), line)
        managed = Place("srs/sbrt", "physician", delivery, beside=("77435",))
        edited = remove_line("G6002", "warning", "same-day-exclusion") if column == "M" else None
        yield case(payer, managed, "G6002-26", edited)
    for line in ("77387-26", "77014-26", "G6017"):
        wrong = remove_line(line.split("-")[0], severity)
        yield case(payer, Place("superficial", "physician", "77401"), line, wrong)


def _office_imrt(column: str, payer: str) -> Iterator[Case]:
    """By method with 26 only, and tracking. Medicare pays both parts beside G6015 and G6016."""
    medicaid = payer == "molina-medicaid"
    kind, severity = (
        ("bundling", "critical") if medicaid else ("code-choice-by-payer", medicare_critical(column))
    )
    for delivery in ("G6015", "G6016", "77385", "77386"):
        place = Place("imrt", "office", delivery)
        if delivery.startswith("77") and column == "M":
            wrong = replace_code(delivery, "code-choice-by-payer", "critical", "G6015", "G6016")
            for line in ("", "G6002-26", "G6017"):
                yield case(payer, place, line, wrong)
            continue
        for line in ("", *_WITH_26, "G6017", "G6002-26+G6017"):
            yield case(payer, place, line)
        for code in BY_METHOD:
            bundled = replace_code(code, "bundling", "warning", f"{code}-26")
            yield case(payer, place, code, None if column == "M" else bundled)
            technical = remove_line(code, "warning")
            yield case(payer, place, f"{code}-TC", None if column == "M" else technical)
        for line in ("77387", "77387-26"):
            yield case(payer, place, line, replace_code("77387", kind, severity, *_WITH_26))
        yield case(payer, place, "G6017-26", _NEVER_26)


def _office(column: str, payer: str) -> Iterator[Case]:
    """Conventional and proton: by method global; SRS/SBRT: information, for Medicare the pair edits."""
    severity = medicare_critical(column)
    replaced = replace_code("77387", "code-choice-by-payer", severity, *BY_METHOD)
    for technique, delivery in (("conventional", "G6012"), ("proton", "77523")):
        place = Place(technique, "office", delivery)
        for line in ("", *BY_METHOD, "G6017", "77014-26", "G6002+G6017"):
            yield case(payer, place, line)
        yield case(payer, place, "77387", replaced)
        yield case(payer, place, "G6017-26", _NEVER_26)
        yield case(payer, place, "G6002+G6002-26", remove_line("G6002", "warning", "modifier"))
    cpt = replace_code("77412", "code-choice-by-payer", "critical", *_CONV_G) if column == "M" else None
    for line in ("", "G6002"):
        yield case(payer, Place("conventional", "office", "77412"), line, cpt)
    for delivery in ("77372", "77373"):
        place = Place("srs/sbrt", "office", delivery, DAY)
        for line in ("77014", "G6001"):
            yield case(payer, place, line)
        for code in ("G6002", "G6017"):
            edited = remove_line(code, "warning", "same-day-exclusion") if column == "M" else None
            yield case(payer, place, code, edited)
    for line in ("77387", "77014", "G6017"):
        yield case(payer, Place("superficial", "office", "77401"), line, remove_line(line, severity))
