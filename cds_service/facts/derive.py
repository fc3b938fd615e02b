"""Derived facts: side, component, technique of a date, code of the method (rulebook 1.2, 1.3, 1.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache

from cds_service.engine.model import UNKNOWN, OpenSet, Unknown
from cds_service.engine.record import record
from cds_service.facts import beams
from cds_service.facts.beams import LINAC
from cds_service.facts.case import Line

HOSPITAL_PLACES = frozenset({"19", "21", "22"})
OFFICE_PLACES = frozenset({"11", "49"})
NEUTRAL_LEVELS_FROM = date(2026, 1, 1)
"""From this day 77402, 77407 and 77412 no longer say anything about the technique (EXT-01)."""

_CONVENTIONAL_TO = NEUTRAL_LEVELS_FROM - timedelta(days=1)
_OLD_CODES_TO = date(2014, 12, 31)

_HINTS: Mapping[str, frozenset[str]] = {
    "77301": frozenset({"imrt"}),
    "77338": frozenset({"imrt"}),
    "77295": frozenset({"3dcrt"}),
    "77435": frozenset({"sbrt"}),
    "77432": frozenset({"srs"}),
}
_HINTING = frozenset(_HINTS)
METHOD_CODES: Mapping[str, str] = {"ct": "77014", "ultrasound": "G6001", "stereoscopic-xray": "G6002"}
SUCCESSORS_OF_2015: Mapping[str, tuple[str, ...]] = {
    "77421": ("G6002",),
    "76950": ("G6001",),
    "0197T": ("G6017",),
}
_PLANNED_AS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("imrt", "3dcrt", "2d", "conventional"), frozenset({LINAC})),
    "srs": frozenset({"imrt", "3dcrt", LINAC}),
    "sbrt": frozenset({"imrt", "3dcrt", LINAC}),
    "proton": frozenset({"imrt", "3dcrt"}),
    "neutron": frozenset({"imrt", "3dcrt"}),
    "superficial": frozenset({"2d", LINAC}),
}
"""How a treatment with a delivery code of its own is coded as a technique: SNOMED CT and mCODE have no closer one."""
_CONVENTIONAL = frozenset({"3dcrt", "2d", "electron"})
_LEVEL = _CONVENTIONAL | {"imrt"}
_OF_THE_LEVEL: Mapping[str, frozenset[str]] = {"77407": _LEVEL - {"electron"}}
"""What a linac level of 2026 may be: other treatments keep delivery codes of their own (EXT-01), and 77407 is one of
photons (1.3, step 3)."""
METHODS_WITHOUT_A_CODE = frozenset({"mri", "planar", "fluoroscopy"})
TRACKING = "intrafraction-tracking"
METHOD_OF_CODE: Mapping[str, str] = {code: method for method, code in METHOD_CODES.items()} | {
    "G6017": TRACKING
}


def side_of(line: Line) -> str | Unknown:
    """hospital, physician-in-hospital or freestanding (rulebook 1.2); UNKNOWN when claim type or place is."""
    if line.claim_type == "institutional":
        return "hospital"
    if line.claim_type == "professional":
        if line.place_of_service in HOSPITAL_PLACES:
            return "physician-in-hospital"
        if line.place_of_service in OFFICE_PLACES:
            return "freestanding"
    return UNKNOWN


def component_of(line: Line) -> str:
    """professional (26), technical (TC, or an unmodified institutional line: AST-15), else global."""
    if "26" in line.modifiers:
        return "professional"
    if "TC" in line.modifiers or line.claim_type == "institutional":
        return "technical"
    return "global"


def shares_component(one: Line, other: Line, unsplit: frozenset[str]) -> bool:
    """Whether two guidance lines report the same part of the service; a global line holds both parts.

    A code without split is the technical service on the hospital's claim, and the whole of it elsewhere.
    """
    if "institutional" not in (one.claim_type, other.claim_type):
        if one.code in unsplit:
            return component_of(other) != "technical"
        if other.code in unsplit:
            return component_of(one) != "technical"
    parts = {component_of(one), component_of(other)}
    return len(parts) == 1 or "global" in parts


def part_to_report(line: Line, technical_bundled: bool) -> str:
    """The part that a guidance line of 2015 to 2025 reports once its code is right (rulebook 1.7): the professional
    one of a physician in a hospital, and of a whole service whose technical part the payer holds to be inside the
    delivery; else its own."""
    own = component_of(line)
    if side_of(line) == "physician-in-hospital" or (own == "global" and technical_bundled):
        return "professional"
    return own


def reports_part(line: Line, part: str, unsplit: frozenset[str]) -> bool:
    """Whether a guidance line reports that part. A code without split is the technical service on the hospital's claim,
    and the whole of it elsewhere."""
    if line.code in unsplit and line.claim_type != "institutional":
        return True
    return component_of(line) in (part, "global")


@record(frozen=True, slots=True)
class Technique:
    """The possible techniques of a date; `firm` is False for hints, which never raise a finding (1.3).

    `hinted`: what hints say of the linac's beam among possible techniques that are firm.
    """

    possible: frozenset[str]
    firm: bool
    hinted: frozenset[str] = frozenset()

    @property
    def likely(self) -> frozenset[str]:
        """The possible techniques, the linac's beam by its hints: for what may only silence or lower a finding."""
        return (self.possible - {LINAC}) | self.hinted if self.hinted else self.possible

    @property
    def is_settled(self) -> bool:
        """Whether no hint can add to it."""
        return self.firm and LINAC not in self.possible


class TechniqueFinder:
    """Technique of a date from delivery codes, coded values and hints, in that order (rulebook 1.3)."""

    def __init__(self, sets: Mapping[str, frozenset[str]]) -> None:
        self._sure: dict[str, str] = {}
        for name, technique in (
            ("imrt-delivery", "imrt"),
            ("srs-delivery", "srs"),
            ("sbrt-delivery", "sbrt"),
            ("superficial-delivery", "superficial"),
            ("proton-delivery", "proton"),
            ("neutron-delivery", "neutron"),
            ("brachytherapy", "brachytherapy"),
        ):
            self._sure |= dict.fromkeys(sets[name], technique)
        self._conventional = sets["conventional-delivery"]
        self._to_2014 = sets["imrt-delivery-2014"] | sets["conventional-delivery-2014"]
        self._levels = sets["linac-delivery-cpt"]
        speaking = (self._sure, self._conventional, self._to_2014, self._levels)
        self._known = frozenset().union(*speaking)
        self._of = lru_cache(maxsize=4096)(self._found)  # the days of a course are alike

    def of(
        self, day: date, codes_of_day: Iterable[str], coded: frozenset[str], hints: Iterable[str]
    ) -> Technique | Unknown:
        """The technique of `day`; UNKNOWN when neither code, coded value nor hint speaks."""
        era = (day > _OLD_CODES_TO) + (day > _CONVENTIONAL_TO)  # nothing else of the day is asked
        return self._of(era, self._known.intersection(codes_of_day), coded, _HINTING.intersection(hints))

    def beside(
        self,
        day: date,
        own: Iterable[str],
        others: Iterable[str],
        coded: frozenset[str],
        ordered: frozenset[str],
        hints: Iterable[str],
    ) -> Technique | Unknown:
        """The technique of an order's day, by its own codes and those of others.

        Where the delivery of others is at odds with what the order itself codes (`ordered`), both are possible: the day
        may have two treatments. What else is `coded` tells of a course, which a delivery of the day goes before.
        """
        mine = frozenset(own)
        found = self.of(day, (*mine, *others), coded, hints)
        if isinstance(found, Unknown) or not ordered.isdisjoint(found.possible):
            return found
        alone = self.of(day, mine, frozenset(), ())
        if not found.firm or (isinstance(alone, Technique) and alone.firm):
            return found
        planned = frozenset().union(*(_PLANNED_AS.get(told, ()) for told in found.possible))
        possible = found.possible | (ordered - planned)
        return _firm(possible, found.hinted or _hinted((), _HINTING.intersection(hints)))

    def speaks(self, code: str) -> bool:
        """Whether the code may tell a technique, surely or as a hint."""
        return code in self._known or code in _HINTING

    def named_by(self, codes: frozenset[str]) -> frozenset[str]:
        """Techniques that one of the codes may name on some day, besides coded values."""
        known = self._known.intersection(codes)
        named = {self._sure[code] for code in known if code in self._sure}
        return frozenset(named if known.isdisjoint(self._conventional) else {*named, "conventional", LINAC})

    def _found(
        self, era: int, codes_of_day: frozenset[str], coded: frozenset[str], hints: frozenset[str]
    ) -> Technique | Unknown:
        found: set[str] = set()
        levels: set[str] = set()
        if beams.alone(coded):
            coded = frozenset()
        for code in codes_of_day:
            if code in self._to_2014 and era > 0:
                continue
            if code in self._sure:
                found.add(self._sure[code])
            elif era < 2:
                found |= _narrowed(coded, _CONVENTIONAL, "conventional")
            else:
                levels.add(code)
                found |= coded | _narrowed(coded, _OF_THE_LEVEL.get(code, _LEVEL), LINAC)
        possible = frozenset(found) or coded
        hinted = _hinted(levels, hints)
        if possible and not beams.alone(possible):
            return _firm(possible, hinted)
        return Technique(hinted, firm=False) if hinted else UNKNOWN


def _firm(possible: frozenset[str], hinted: frozenset[str]) -> Technique:
    return Technique(possible, firm=True, hinted=hinted if LINAC in possible else frozenset())


def _narrowed(coded: frozenset[str], to: frozenset[str], otherwise: str) -> frozenset[str]:
    """What of the coded list a linac's delivery may be; `otherwise` where it, or its photons, are not known closer."""
    fitting = coded & to
    return fitting if fitting and LINAC not in coded else fitting | {otherwise}


def _hinted(levels: Collection[str], hints: frozenset[str]) -> frozenset[str]:
    """What planning codes, else 77407 of 2026 hint at (1.3, step 3)."""
    hinted = frozenset(t for code in hints for t in _HINTS.get(code, ()))
    if not hinted and "77407" in levels:
        hinted = frozenset({"3dcrt"})  # 3D or IMRT on one isocenter: taken for 3dcrt (1.3)
    return hinted


def method_codes(
    methods: frozenset[str] | Unknown, side: str | Unknown, payer: str, technique: frozenset[str]
) -> tuple[str, ...]:
    """Codes of 2015 to 2025 for the imaging methods (rulebook 1.7), without modifier; () = none fits.

    Tracking beside methods that nobody coded is not known to be alone.
    """
    if technique & {"srs", "sbrt"}:
        return ()
    if isinstance(methods, OpenSet | Unknown):
        return tuple(METHOD_CODES.values())
    named = tuple(code for method, code in METHOD_CODES.items() if method in methods)
    if named:
        return named
    if TRACKING in methods and (side == "freestanding" or payer == "molina"):
        return ("G6017",)
    return ()
