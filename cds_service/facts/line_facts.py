"""Facts about one line. The docstrings are the authors' manual."""

from __future__ import annotations

from typing import Any

from cds_service.engine.model import UNKNOWN, Unknown
from cds_service.facts import derive, forms, in_sight
from cds_service.facts.registry import METHODS, SIDES, TECHNIQUES, VOCABULARY
from cds_service.facts.views import LineView


@VOCABULARY.add("line", "code", indexed=True)
def code(line: LineView) -> Any:
    """The billing code of the line."""
    return line.code


@VOCABULARY.add("line", "codes", indexed=True, form=forms.MODIFIER)
def modifiers(line: LineView) -> Any:
    """Modifiers of the line, post-coordinated ones included."""
    return frozenset(line.modifiers)


@VOCABULARY.add("line", "number")
def units(line: LineView) -> Any:
    """Units billed or ordered; 1 when no quantity is given."""
    return line.units


@VOCABULARY.add("line", "choice", "professional", "technical", "global", indexed=True)
def component(line: LineView) -> Any:
    """professional (26), technical (TC, or an institutional line without modifier), else global."""
    return line.component


@VOCABULARY.add("line", "choice", "institutional", "professional", indexed=True)
def claim_type(line: LineView) -> Any:
    """Claim.type; unknown on orders."""
    return line.line.claim_type


@VOCABULARY.add("line", "choice", *SIDES, indexed=True)
def side(line: LineView) -> Any:
    """hospital (institutional claim), physician-in-hospital (professional, place of service 19, 21, 22) or
    freestanding (professional, 11, 49); unknown on orders and for other places."""
    return line.side


@VOCABULARY.add("line", "day")
def line_date(line: LineView) -> Any:
    """Date of service of the line; of a line over several days its first."""
    return line.date


@VOCABULARY.add("line", "yes-no", indexed=True)
def covers_several_days(line: LineView) -> Any:
    """Whether the line's period is longer than one day."""
    return line.is_span


@VOCABULARY.add("line", "choice", "valid", "not-yet", "ended", "uncatalogued", among=in_sight.validities)
def code_validity(line: LineView) -> Any:
    """Whether the catalogue holds the code valid on the line's date; a line over several days is judged by
    its first day and again by its last. `uncatalogued`: the catalogue does not speak of it."""
    entry = line.unit.case.knowledge.catalogue.code(line.code)
    if entry is None:
        return "uncatalogued"
    if entry.first and line.date < entry.first:
        return "not-yet"
    return "ended" if entry.last and line.end > entry.last else "valid"


@VOCABULARY.add("line", "lines", among=in_sight.codes_beside)
def valid_codings_beside_it(line: LineView) -> Any:
    """Codings of the same order that say the same service (guidance, or one kind of delivery) in codes that are valid
    on all its days; none where the line's own code is valid on one of them."""
    return line.valid_codings


@VOCABULARY.add("line", "choices", *TECHNIQUES, among=in_sight.techniques)
def techniques_of_date(line: LineView) -> Any:
    """Possible techniques of the line's date, from delivery codes or coded values (never from hints).
    `conventional`: by a conventional delivery code, not known more closely. `linac`, only beside others: photons coded
    without a technique, or a linac level of 2026 that is none of the others."""
    found = line.technique
    return found.possible if isinstance(found, derive.Technique) and found.firm else UNKNOWN


@VOCABULARY.add("line", "choices", *TECHNIQUES)
def likely_techniques_of_date(line: LineView) -> Any:
    """As techniques_of_date, with hints such as a planning code. For silencing only, never for raising."""
    found = line.technique
    return found.likely if isinstance(found, derive.Technique) else UNKNOWN


@VOCABULARY.add("line", "choices", *METHODS)
def methods_of_date(line: LineView) -> Any:
    """Imaging methods coded for the line's date, else for the course; unknown when none is coded. Where only
    verification within the fraction is coded, there may be others beside the tracking that it is."""
    return line.unit.methods(line.date)


@VOCABULARY.add("line", "codes")
def codes_of_method(line: LineView) -> Any:
    """Codes of 2015 to 2025 that report the imaging method (rulebook 1.7), all three when it is unknown;
    empty when no code fits or the date is stereotactic."""
    return line.method.codes


@VOCABULARY.add("line", "codes")
def successor_of_2015(line: LineView) -> Any:
    """The code that took over on 2015-01-01 from a guidance code that ended the day before (FLB-43)."""
    return derive.SUCCESSORS_OF_2015.get(line.code, ())


@VOCABULARY.add("line", "codes")
def own_code(line: LineView) -> Any:
    """The line's own code, for a remedy that changes only its modifiers."""
    return (line.code,)


@VOCABULARY.add("line", "yes-no", among=in_sight.coded_methods)
def method_is_coded(line: LineView) -> Any:
    """Whether at least one imaging method is coded for the line's date or course."""
    return line.method.is_coded


@VOCABULARY.add("line", "yes-no")
def a_code_fits_the_method(line: LineView) -> Any:
    """Whether a code of 2015 to 2025 reports the imaging method."""
    return bool(line.method.codes)


@VOCABULARY.add("line", "yes-no", among=in_sight.coded_methods)
def another_code_fits_the_method(line: LineView) -> Any:
    """Whether imaging methods are coded that codes of 2015 to 2025 report, and the line's code is for none of them."""
    return line.method.another_code_fits


@VOCABULARY.add("line", "choice", "professional", "technical", "global")
def part_to_report(line: LineView) -> Any:
    """The part that a guidance line of 2015 to 2025 reports once its code is right: professional of a physician in a
    hospital, and of a whole service in an office beside IMRT of a Molina member who is known not to be of Medicare
    (payer_on_date, MOL-11); else the line's component."""
    return line.method.part


@VOCABULARY.add("line", "codes")
def unreported_codes_of_method(line: LineView) -> Any:
    """As codes_of_method, without codes under which other lines of the same date and claim report the part that this
    line is to report (part_to_report)."""
    return line.method.codes_left


@VOCABULARY.add("line", "yes-no", among=in_sight.coded_methods)
def method_reported_beside_it(line: LineView) -> Any:
    """Whether another_code_fits_the_method, and other lines of the same date and claim report the methods under all of
    these codes (unreported_codes_of_method is empty): then the line is one too many."""
    return line.method.is_reported_beside


@VOCABULARY.add("line", "codes")
def code_for_methods_without_one(line: LineView) -> Any:
    """77387 when the coded methods are MRI, planar imaging or fluoroscopy only, the payer is neither Medicare
    nor Molina (payer_on_date) and the date is not known to be stereotactic (rulebook 1.7); else empty."""
    methods = line.unit.methods(line.date)
    technique = line.technique
    stereotactic = isinstance(technique, derive.Technique) and technique.likely & {"srs", "sbrt"}
    if isinstance(methods, Unknown) or not methods or stereotactic:
        return ()
    if line.unit.medicare or line.payer_on_date == "molina":
        return ()
    return ("77387",) if methods <= derive.METHODS_WITHOUT_A_CODE else ()


@VOCABULARY.add("line", "yes-no", among=in_sight.recorded_guidance)
def guidance_recorded_on_date(line: LineView) -> Any:
    """Whether a treated-fraction record or dated Procedure of the very date says that guidance was done."""
    told = [r.methods for r in line.unit.records(line.date) if not isinstance(r.methods, Unknown)]
    return any(told) if told else UNKNOWN


@VOCABULARY.add("line", "number", among=in_sight.fractions_left)
def units_left_of_fractions(line: LineView) -> Any:
    """Units that the fractions of the date leave for this line, after the earlier lines of the same code, date
    and component have taken theirs; unknown when the fractions are."""
    return line.units_left_of_fractions


@VOCABULARY.add("line", "number")
def units_of_code_on_date(line: LineView) -> Any:
    """Units of this line and of earlier lines of the same code, date and component."""
    return line.units + line.units_before


@VOCABULARY.add("line", "number")
def units_left_of_one_fraction(line: LineView) -> Any:
    """As units_left_of_fractions, for a date with a single fraction."""
    return line.units_left_of(1.0)


@VOCABULARY.add("line", "number")
def units_left_of_deliveries(line: LineView) -> Any:
    """As units_left_of_fractions, with the deliveries billed for the date (at least one) in the place of fractions that
    nobody told."""
    return line.units_left_of(max(line.deliveries_of_date, 1.0))


@VOCABULARY.add("line", "number", among=in_sight.fractions_left)
def fractions_of_date(line: LineView) -> Any:
    """Fractions given on the line's date (or over its span), when somebody told."""
    return line.fractions_of_date


@VOCABULARY.add("line", "number")
def deliveries_of_date(line: LineView) -> Any:
    """Units of treatment delivery billed for the date, on this claim or others."""
    return line.deliveries_of_date


@VOCABULARY.add("line", "lines", among=in_sight.codes_beside)
def lines_of_date(line: LineView) -> Any:
    """Other lines of the same date on the same claim, or on orders signed together."""
    return line.of_date


@VOCABULARY.add("line", "lines", among=in_sight.codes_then)
def lines_overlapping_the_date(line: LineView) -> Any:
    """Lines of this claim and others whose period touches the line's, lines over several days included."""
    return line.overlapping


@VOCABULARY.add("line", "lines", among=in_sight.codes_elsewhere_then)
def lines_of_date_elsewhere(line: LineView) -> Any:
    """Lines of the same date on other claims of the patient, whoever billed them."""
    return line.of_date_elsewhere


@VOCABULARY.add("line", "lines", among=in_sight.codes_beside)
def lines_of_date_same_component(line: LineView) -> Any:
    """Other lines of the same date and claim that report the same component, of any code."""
    return line.of_date_any_same_component


@VOCABULARY.add("line", "lines", among=in_sight.codes_beside)
def guidance_of_date_same_component(line: LineView) -> Any:
    """Other guidance lines of the same date and claim that report the same component."""
    return line.of_date_same_component


@VOCABULARY.add("line", "lines", among=in_sight.codes_beside)
def guidance_that_keeps_the_date(line: LineView) -> Any:
    """Guidance lines of the same date and component that stand before this one: 77387 first, tracking last. Lines whose
    own technique has no 77387 (SRS, SBRT, superficial, brachytherapy) keep the date for none, nor does 77014 on a date
    with simulation or an IMRT plan and no delivery."""
    return line.kept_date.by


@VOCABULARY.add("line", "yes-no", among=in_sight.two_guidance_lines)
def another_line_is_the_surface_guidance(line: LineView) -> Any:
    """Whether 77439 without TC stands on the date of the claim, or another guidance line that stands before this one
    becomes it (superficial treatment with ultrasound, EXT-01 d); on a critical access hospital's bill of the same of
    its two parts, the hospital's or, with 26, the physician's."""
    return line.kept_date.has_surface_guidance


@VOCABULARY.add("line", "lines", among=in_sight.codes_elsewhere_then)
def guidance_elsewhere_that_keeps_the_date(line: LineView) -> Any:
    """Guidance lines of the same date on claims of the same form that come before this one: those of the same provider,
    or of any when one is not named. 77014 is none on a date with simulation or an IMRT plan and no delivery."""
    guidance, form = line.unit.case.sets["guidance-any-era"], line.line.claim_type
    return tuple(
        o
        for o in line.of_date_elsewhere
        if o.code in guidance
        and not (o.code == "77014" and line.kept_date.is_of_planning)
        and not isinstance(form, Unknown)
        and o.line.claim_type == form
        and _may_be_of_biller(line, o)
        and o.counts_before(line)
    )


@VOCABULARY.add("line", "lines", among=in_sight.codes_beside)
def same_code_of_date(line: LineView) -> Any:
    """Other lines of the same claim with the same code and date."""
    return tuple(o for o in line.of_date if o.code == line.code)


@VOCABULARY.add("line", "lines", among=in_sight.codes_elsewhere_then)
def same_code_of_date_same_biller(line: LineView) -> Any:
    """Lines of other claims with the same code and date from the same provider."""
    return tuple(o for o in _of_biller_elsewhere(line) if o.code == line.code)


@VOCABULARY.add("line", "lines", among=in_sight.codes_then)
def biller_lines_of_date(line: LineView) -> Any:
    """Other lines of the same date on the same claim, and on other claims from the same provider."""
    return (*line.of_date, *_of_biller_elsewhere(line))


@VOCABULARY.add("line", "lines", among=in_sight.codes_then)
def biller_lines_of_date_same_code(line: LineView) -> Any:
    """As biller_lines_of_date, but only those with the same code."""
    return tuple(o for o in biller_lines_of_date(line) if o.code == line.code)


@VOCABULARY.add("line", "lines", among=in_sight.codes_elsewhere_then)
def hospital_lines_of_date_elsewhere(line: LineView) -> Any:
    """Lines of the same date on other institutional claims of the same provider (of any, when one is not named)."""
    return tuple(
        o
        for o in line.of_date_elsewhere
        if o.line.claim_type == "institutional" and _may_be_of_biller(line, o)
    )


@VOCABULARY.add("line", "lines", among=in_sight.codes_elsewhere_then)
def professional_lines_of_date_elsewhere(line: LineView) -> Any:
    """Lines of the same date on other claims that report a professional part (26, or a professional claim)."""
    return tuple(
        o for o in line.of_date_elsewhere if "26" in o.modifiers or o.line.claim_type == "professional"
    )


@VOCABULARY.add("line", "lines", among=in_sight.codes_anywhere)
def biller_lines_of_course_elsewhere(line: LineView) -> Any:
    """Lines of the course on other claims of the same provider (of any, when one is not named)."""
    return tuple(o for o in line.course.lines if not o.in_review and _may_be_of_biller(line, o))


@VOCABULARY.add("line", "lines", among=in_sight.codes_anywhere)
def biller_lines_of_course_before(line: LineView) -> Any:
    """As biller_lines_of_course_elsewhere, with an earlier date."""
    return tuple(o for o in biller_lines_of_course_elsewhere(line) if o.date < line.date)


def _may_be_of_biller(line: LineView, other: LineView) -> bool:
    """Whether both are of one provider, as far as both name one."""
    one, another = line.line.provider, other.line.provider
    return not one or not another or one == another


def _of_biller_elsewhere(line: LineView) -> tuple[LineView, ...]:
    provider = line.line.provider
    return tuple(o for o in line.of_date_elsewhere if provider and o.line.provider == provider)
