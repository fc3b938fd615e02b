"""Which of CMS's tables a file is: by its columns first, then by its name, or as the user says."""

from __future__ import annotations

import re
from dataclasses import dataclass

PAIRS, UNITS = "ptp", "mue"
_PRACTITIONER, _HOSPITAL = "practitioner", "outpatient-hospital"

_SETTINGS = (
    (_PRACTITIONER, re.compile(r"ccipra|practitioner|(?<![a-z])pra(?![a-z])")),
    (_HOSPITAL, re.compile(r"ccioph|hospital|outpatient|(?<![a-z])oph(?![a-z])")),
    ("dme", re.compile(r"durable|(?<![a-z])dme|dmesupplier")),
)
_PROGRAMMES = (
    ("medicaid", re.compile(r"medicaid|(?<![a-z])mcd(?![a-z])")),
    ("medicare", re.compile(r"medicare|ccipra|ccioph|(?<![a-z])mcr(?![a-z])")),
)
_PART = re.compile(r"(?<![a-z0-9])f([1-9][0-9]?)(?![0-9a-z])")


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """A table: whose programme, which setting, and `ptp` (pairs) or `mue` (unit limits)."""

    programme: str
    setting: str
    table: str

    def __str__(self) -> str:
        short = "hospital" if self.setting == _HOSPITAL else self.setting
        return "-".join((*(["medicaid"] if self.programme == "medicaid" else []), short, self.table))

    @property
    def words(self) -> str:
        """As people say it."""
        what = "pair edits" if self.table == PAIRS else "unit limits"
        return f"{self.programme.title()} {what}, {self.setting.replace('-', ' ')}"


KINDS = {
    str(kind): kind
    for programme in ("medicare", "medicaid")
    for table in (PAIRS, UNITS)
    for setting in (_PRACTITIONER, _HOSPITAL)
    for kind in (Kind(programme, setting, table),)
}
"""By the word for `--kind`: practitioner-ptp, hospital-mue, medicaid-practitioner-ptp …"""


def settings_in(text: str) -> frozenset[str]:
    """Settings that a file name or a column's title names; `dme` for suppliers, whose tables are not read."""
    plain = text.lower()
    return frozenset(setting for setting, pattern in _SETTINGS if pattern.search(plain))


def programme_in(text: str) -> str:
    """medicaid or medicare, as a file name tells; else empty. Medicaid's page is a part of Medicare's site."""
    plain = text.lower()
    return next((programme for programme, pattern in _PROGRAMMES if pattern.search(plain)), "")


def part_in(name: str) -> int:
    """The number of the part (f1, f2 …), or 0 for a table in one piece."""
    found = _PART.findall(name.lower())
    return int(found[-1]) if found else 0
