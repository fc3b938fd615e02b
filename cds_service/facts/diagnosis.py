"""Groups of ICD-10-CM codes, and the diagnosis that a derived course goes by."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PATTERN = re.compile(r"[A-Z][0-9?A-Z]{2}(\.[0-9?A-Z]{1,4})?")


def course_diagnosis(codes: Iterable[str]) -> str:
    """The first code that is no Z code: Z51.0 and its kin say why, not what (contract section 3); else empty."""
    for code in codes:
        if code and code[0] != "Z":
            return code
    return ""


def without_reasons(codes: Iterable[str]) -> tuple[str, ...]:
    """The codes that name a disease: Z codes are factors and reasons, none."""
    return tuple(code for code in codes if code and not code.startswith("Z"))


def factors(codes: Iterable[str]) -> tuple[str, ...]:
    """The codes that name no disease, each once."""
    return tuple(dict.fromkeys(code for code in codes if code.startswith("Z")))


SAME, DOUBTFUL, ANOTHER = "same", "doubtful", "another"
_CATEGORY = 3
"""Characters of an ICD-10-CM code that name its category."""
_IRRADIATED = re.compile("C|D[0-4]|E05|G50|H05|L91|M1[5-9]|M61|M72|M77|N62|Q28")
"""Neoplasms, and the benign diseases that are treated with radiation; any other code is of a disease beside them."""
_BREAST = re.compile(r"C50\.(?P<site>.).?(?P<side>[129])$")
_LUNG = re.compile(r"C34\.(?P<site>.)(?P<side>[012])$")
_NO_SIDE, _NO_SITE = frozenset("09"), "9"


def irradiated(codes: Iterable[str]) -> tuple[str, ...]:
    """The codes of diseases that are treated with radiation."""
    return tuple([code for code in codes if _IRRADIATED.match(code)])


def kinship(ones: Iterable[str], others: Iterable[str]) -> str:
    """Whether two things with these diagnoses may be of one course (contract section 3).

    SAME: a code in common, one that only says less than the other, or nobody says. DOUBTFUL: a category in common.
    """
    return _kinship(tuple(ones), tuple(others))


@lru_cache(maxsize=4096)
def _kinship(ones: tuple[str, ...], others: tuple[str, ...]) -> str:
    one, other = irradiated(ones), irradiated(others)
    if not (one and other) or any(_says_no_more(a, b) or _says_no_more(b, a) for a in one for b in other):
        return SAME
    categories = {code[:_CATEGORY] for code in one}
    return ANOTHER if categories.isdisjoint([code[:_CATEGORY] for code in other]) else DOUBTFUL


def _says_no_more(one: str, other: str) -> bool:
    """Whether a code says what another one does, or less: a shorter one, or one of no certain site or side."""
    if other.startswith(one):
        return True
    for form in (_BREAST, _LUNG):
        vague, exact = form.match(one), form.match(other)
        if vague and exact:
            sides = vague["side"] in (exact["side"], *_NO_SIDE)
            return sides and vague["site"] in (exact["site"], _NO_SITE)
    return False


@dataclass(frozen=True, slots=True)
class Pattern:
    """One row of diagnosis_groups.csv: a code, a range of codes of one length, or a pattern with `?`.

    A code that is more specific than the row belongs to it too.
    """

    group: str
    first: str
    last: str

    def holds(self, code: str) -> bool:
        """Whether `code` (ICD-10-CM with its dot) belongs to the row."""
        head = code[: len(self.first)]
        if "?" in self.first:
            return len(code) >= len(self.first) and all(
                p in ("?", c) for p, c in zip(self.first, head, strict=True)
            )
        return len(head) == len(self.first) and self.first <= head <= self.last

    def may_hold(self, category: str) -> bool:
        """Whether some code of `category` (three characters) may belong to the row."""
        if "?" in self.first[:3]:
            return all(p in ("?", c) for p, c in zip(self.first, category, strict=False))
        return self.first[:3] <= category <= self.last[:3]


class DiagnosisGroups:
    """Which groups a diagnosis belongs to."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._patterns = tuple(patterns)
        self._of_one = lru_cache(maxsize=4096)(self._groups)

    @property
    def names(self) -> frozenset[str]:
        """All groups."""
        return frozenset(p.group for p in self._patterns)

    def of(self, codes: Iterable[str]) -> frozenset[str]:
        """The groups of these codes together."""
        found = [self._of_one(code) for code in codes]
        return found[0] if len(found) == 1 else frozenset().union(*found)

    def of_category(self, category: str) -> frozenset[str]:
        """The groups that may hold a code of a category (the first three characters of a code)."""
        return frozenset(p.group for p in self._patterns if p.may_hold(category))

    def _groups(self, code: str) -> frozenset[str]:
        return frozenset(p.group for p in self._patterns if p.holds(code))


def treated_diagnosis(
    pointed: Iterable[str], listed: Iterable[str], groups: DiagnosisGroups, in_order: bool = True
) -> str:
    """The diagnosis that a line treats, where it can be told; else empty (CVS-09).

    The line's own pointer decides, by its first code that is no Z code. Without one the first listed disease is
    the treated one, after the primary tumour's own codes are set aside for a metastasis of it. Of two metastases,
    or two primary tumours before one, nobody can say which is treated. With `in_order` False the list has no
    order (a problem list), and only a single disease is surely the treated one.
    """
    own = without_reasons(pointed)
    if own:
        return own[0]
    rest = tuple(dict.fromkeys(without_reasons(listed)))
    metastases = [code for code in rest if "metastasis" in groups.of((code,))]
    if len(metastases) > 1 or (len(rest) > 1 and not in_order):
        return ""
    if metastases and rest[0] not in metastases:
        primaries = [code for code in rest if "primary-tumour" in groups.of((code,))]
        if len({code[:3] for code in primaries}) > 1:
            return ""
        others = [code for code in rest if code not in primaries]
        return others[0] if others[0] in metastases else ""
    return rest[0] if rest else ""


def load_diagnosis_groups(path: Path) -> DiagnosisGroups:
    """Read `diagnosis_groups.csv` (columns group, codes, note).

    Raises:
        ValueError: naming the row whose codes cannot be read.
    """
    found = []
    with path.open(encoding="utf-8", newline="") as handle:
        for number, row in enumerate(csv.DictReader(handle), start=2):
            first, _, last = row["codes"].partition("-")
            for code in (first, last or first):
                if not _PATTERN.fullmatch(code) or len(code) != len(first):
                    raise ValueError(
                        f"{path.name}:{number}: {row['codes']!r} is no code or range. Correct it."
                    )
            found.append(Pattern(row["group"], first, last or first))
    return DiagnosisGroups(found)
