"""What several answers to one question say together: by which methods the guidance was done (rulebook 1.2).

An `OpenSet` names methods beside which there may be others: verification within the fraction is tracking, but how the
patient was set up before it, nobody has coded (contract section 3).
"""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.engine.model import UNKNOWN, OpenSet, Unknown

Methods = frozenset[str] | Unknown
"""UNKNOWN when nobody coded one, empty when guidance is coded as not performed."""


def together(answers: Iterable[Methods]) -> Methods:
    """Methods of resources that speak of one course or one day; closed once one of them tells them all."""
    told = [answer for answer in answers if not isinstance(answer, Unknown)]
    if len(told) < 2:
        return told[0] if told else UNKNOWN
    methods = frozenset().union(*told)
    return OpenSet(methods) if all(isinstance(each, OpenSet) for each in told) else methods


def completed(own: Methods, more: Methods) -> Methods:
    """`own`, or what `more` says where `own` leaves the question open, wholly or in part."""
    return together((own, more)) if isinstance(own, OpenSet | Unknown) else own
