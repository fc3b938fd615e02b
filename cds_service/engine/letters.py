"""Problems found in policy files: where, what, what to do. All are reported at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

_NAME_OF_SOMEBODY = re.compile("\u201c[^\u201d]*\u201d")
"""Such as that of a case: free text, which may hold what it likes."""
_LOOK_ALIKE = ("CYRILLIC ", "GREEK ")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem in one file. `line` is 1-based, 0 when the whole file is meant."""

    file: str
    line: int
    rule: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        about = f" [{self.rule}]" if self.rule else ""
        said = (f"{place}{about}: {self.what}", self.remedy, _named(unseen(self.what)))
        return " ".join(part for part in said if part)


class PolicyError(Exception):
    """The policy book cannot be used. `problems` lists everything that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__(
            f"{len(problems)} problem(s) in the policy files:\n" + "\n".join(f"  {p}" for p in self.problems)
        )


def unseen(text: str) -> list[str]:
    """The characters of a text that nobody sees, or takes for others, as `U+00A0 (no-break space)`.

    They come with text that is copied from web pages and word processors; a value that is quoted looks right then.
    """
    found = dict.fromkeys(sign for sign in _NAME_OF_SOMEBODY.sub("", text) if not sign.isascii())
    return [f"U+{ord(sign):04X} ({_name(sign)})" for sign in found if _deceives(sign)]


def _deceives(sign: str) -> bool:
    unseen_kind = unicodedata.category(sign) in ("Zs", "Zl", "Zp", "Cf", "Cc")
    return unseen_kind or unicodedata.name(sign, "").startswith(_LOOK_ALIKE)


def _name(sign: str) -> str:
    return unicodedata.name(sign, "no name").lower()


def _named(signs: list[str]) -> str:
    if not signs:
        return ""
    held = " and ".join(signs)
    return f"It holds {held}, which cannot be told from what was meant by looking: type it anew."


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "Check its spelling.") -> str:
    """The remedy for a misspelt name: the nearest of the names that are known, `otherwise` when none is near."""
    known = set(known)
    name, colon, value = word.partition(":")
    if colon and name in known:  # YAML takes `is:77014` for one word
        return f"Put a blank after the colon: `{name}: {value}`."
    close = get_close_matches(word, sorted(known), n=1)
    return f"Did you mean `{close[0]}`?" if close else otherwise
