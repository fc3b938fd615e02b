"""Facts about imported CMS edits (docs/cms-files.md). The docstrings are the authors' manual."""

from __future__ import annotations

from typing import Any

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts.edits import COUNTED, PROGRAMMES, SETTINGS
from cds_service.facts.registry import VOCABULARY
from cds_service.facts.views import LineView, UnitView


@VOCABULARY.add("unit", "yes-no", indexed=True)
def edits_imported(unit: UnitView) -> Any:
    """Whether the site has imported quarterly edit files of CMS."""
    return not unit.case.knowledge.edits.empty


@VOCABULARY.add("line", "choice", *SETTINGS)
def edits_setting(line: LineView) -> Any:
    """Which of CMS's tables is meant for the line; unknown without a claim type, and for inpatient bills."""
    return line.edits.setting


@VOCABULARY.add("line", "code", indexed=True)
def pair_edition(line: LineView) -> Any:
    """Quarter of the imported pair edits that answer for the line, as 2026Q4; unknown when none do. Of several the
    newest one answers. Lines over several days are not looked at."""
    return line.edits.pair_quarter


@VOCABULARY.add("line", "choice", *PROGRAMMES)
def pair_edits_programme(line: LineView) -> Any:
    """Whose imported pair edits answer for the line: Medicaid's for a Medicaid member where they are imported,
    Medicare's for everybody else; unknown when none do."""
    table = line.edits.pairs
    return UNKNOWN if isinstance(table, Unknown) else table.edition.programme


@VOCABULARY.add("line", "lines")
def lines_never_paid_with(line: LineView) -> Any:
    """Other lines of the same claim and date beside which the imported pair edits never pay this line's code (it is
    column 2, the other column 1, modifier indicator 0). A line that is to go itself because of a third one is left
    out. Unknown when no imported edits answer."""
    found = line.edits.partners_by("0")
    return UNKNOWN if isinstance(found, Unknown) else tuple(other for other, _ in found)


@VOCABULARY.add("line", "lines")
def lines_paid_with_a_modifier(line: LineView) -> Any:
    """As lines_never_paid_with, for pairs that pass with a modifier of the set pair-edit-modifiers (modifier
    indicator 1), whether or not there is one."""
    found = line.edits.partners_by("1")
    return UNKNOWN if isinstance(found, Unknown) else tuple(other for other, _ in found)


@VOCABULARY.add("line", "choices")
def reasons_never_paid_with(line: LineView) -> Any:
    """Why CMS made the pairs of lines_never_paid_with, in a few words."""
    found = line.edits.partners_by("0")
    return UNKNOWN if isinstance(found, Unknown) else frozenset(edit.reason for _, edit in found)


@VOCABULARY.add("line", "choices")
def reasons_paid_with_a_modifier(line: LineView) -> Any:
    """Why CMS made the pairs of lines_paid_with_a_modifier, in a few words."""
    found = line.edits.partners_by("1")
    return UNKNOWN if isinstance(found, Unknown) else frozenset(edit.reason for _, edit in found)


@VOCABULARY.add("line", "code")
def unit_edition(line: LineView) -> Any:
    """Quarter of the imported unit limits (medically unlikely edits) that answer for the line: that of its date;
    unknown when it is not imported. Lines over several days are not looked at."""
    table = line.edits.units
    return UNKNOWN if isinstance(table, Unknown) else table.edition.quarter


@VOCABULARY.add("line", "choice", *PROGRAMMES)
def unit_edits_programme(line: LineView) -> Any:
    """As pair_edits_programme, for the unit limits."""
    table = line.edits.units
    return UNKNOWN if isinstance(table, Unknown) else table.edition.programme


@VOCABULARY.add("line", "number")
def most_units(line: LineView) -> Any:
    """CMS's unit limit of the code in the imported table of the date; unknown when there is none."""
    limit = line.edits.limit
    return UNKNOWN if isinstance(limit, Unknown) else float(limit.most)


@VOCABULARY.add("line", "choice", *COUNTED)
def most_units_counted(line: LineView) -> Any:
    """How CMS counts against its unit limit: `line` (each line by itself, MAI 1), `date-policy` (all units of the date,
    by policy, MAI 2) or `date-clinical` (all units of the date, by clinical data, MAI 3)."""
    limit = line.edits.limit
    return UNKNOWN if isinstance(limit, Unknown) else limit.counted


@VOCABULARY.add("line", "choices")
def reason_of_most_units(line: LineView) -> Any:
    """What CMS's unit limit rests on, in a few words."""
    limit = line.edits.limit
    return UNKNOWN if isinstance(limit, Unknown) else frozenset({limit.reason})


@VOCABULARY.add("line", "number")
def units_counted(line: LineView) -> Any:
    """Units that CMS's unit limit counts: this line's, and where it counts the date those of earlier lines of the same
    code, date and component on the claim."""
    return line.units + line.edits.units_before


@VOCABULARY.add("line", "number")
def units_left_of_most(line: LineView) -> Any:
    """Units that CMS's unit limit leaves for this line after the earlier ones; never below 0."""
    limit = line.edits.limit
    return UNKNOWN if isinstance(limit, Unknown) else max(limit.most - line.edits.units_before, 0.0)
