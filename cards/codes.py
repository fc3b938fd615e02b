"""Billing codes as they are written in FHIR: systems, post-coordinated modifiers, components.

Shapes only; which codes exist is not known here. Systems: contract section 3 and the terminology registries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CPT: Final = "http://www.ama-assn.org/go/cpt"
HCPCS: Final = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"

ALIASES: Final = {
    CPT: frozenset({CPT, "https://www.ama-assn.org/go/cpt", "urn:oid:2.16.840.1.113883.6.12"}),
    HCPCS: frozenset(
        {
            HCPCS,
            "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
            "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes",
            "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
            "urn:oid:2.16.840.1.113883.6.285",
            "urn:oid:2.16.840.1.113883.6.14",
        }
    ),
}
"""The spellings under which the two systems are sent."""

BILLING_SYSTEMS: Final = ALIASES[CPT] | ALIASES[HCPCS]

COMPONENTS: Final = ("26", "TC")
"""Modifiers that name the professional and the technical component."""

_TEXT = re.compile(r"([0-9]{4}[0-9A-Z]|[A-Z][0-9]{4})((?:[:\-][0-9A-Z]{2})*)")


@dataclass(frozen=True, slots=True)
class CodeText:
    """A code with the modifiers written into it, e.g. `77387:26`; `mark` is what parts them."""

    code: str
    modifiers: tuple[str, ...] = ()
    mark: str = ""

    def __str__(self) -> str:
        return (self.mark or ":").join((self.code, *self.modifiers))


def parse(text: object) -> CodeText | None:
    """A billing code, alone or with post-coordinated modifiers (`77387:26`, `77387-26`), or None."""
    found = _TEXT.fullmatch(text.strip().upper()) if isinstance(text, str) else None
    if found is None:
        return None
    tail = found[2]
    return CodeText(found[1], tuple(tail.replace("-", ":").split(":")[1:]), tail[:1])


def system_of(code: str) -> str:
    """The system in which a billing code stands: HCPCS Level II for a letter and four digits, else CPT."""
    return HCPCS if code[:1].isalpha() else CPT


def system_of_modifier(modifier: str) -> str:
    """The system in which a modifier stands: CPT for two digits, else HCPCS Level II."""
    return CPT if modifier.isdigit() else HCPCS


def keeping_spelling(system: str, sent: object) -> str:
    """`system`, in the sender's spelling if what was sent already names the same system."""
    return sent if isinstance(sent, str) and sent in ALIASES[system] else system


def set_component(current: Sequence[str], wanted: Sequence[str]) -> list[int | str]:
    """The modifiers of a line after a replacement that asks for `wanted`.

    Component modifiers that are not wanted go, all others stay. Returned are the indexes of those that stay
    and the text of those that are new: a component in the old one's place, else first (it prices the line),
    any other modifier last.
    """
    new_components = [m for m in wanted if m in COMPONENTS and m not in current]
    made: list[int | str] = []
    placed = False
    for index, modifier in enumerate(current):
        if modifier not in COMPONENTS or modifier in wanted:
            made.append(index)
        elif not placed:
            made.extend(new_components)
            placed = True
    if not placed:
        made[:0] = new_components
    made.extend(m for m in wanted if m not in COMPONENTS and m not in current)
    return made


def with_modifier(current: Sequence[str], modifier: str) -> list[int | str]:
    """The modifiers of a line once `modifier` is added: a component first, any other last."""
    kept: list[int | str] = list(range(len(current)))
    return [modifier, *kept] if modifier in COMPONENTS else [*kept, modifier]


def without_modifier(current: Sequence[str], modifier: str) -> list[int | str]:
    """The modifiers of a line once `modifier` is taken off."""
    return [index for index, m in enumerate(current) if m != modifier]
