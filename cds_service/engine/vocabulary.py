"""What policy authors can ask: facts, named, typed and documented. The facts themselves live in cds_service.facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Scope = Literal["case", "unit", "line"]
FactType = Literal["choice", "choices", "code", "codes", "number", "day", "yes-no", "lines"]

SCOPES: tuple[Scope, ...] = ("case", "unit", "line")


@dataclass(frozen=True, slots=True)
class Form:
    """How every answer of an open fact is written: a test of one, and the form in words.

    `instead`: what to write in place of a value that does not fit; empty where only the form can be told.
    """

    fits: Callable[[str], bool]
    about: str
    instead: Callable[[str], str] | None = None

    def remedy(self, text: str) -> str:
        """What to do about a value that does not fit, as a sentence."""
        return (self.instead(text) if self.instead else "") or f"It is {self.about}."


@dataclass(frozen=True, slots=True)
class Fact:
    """A named question with a typed answer.

    `scope` says about what it is asked: the whole case (payer, hook), the claim or order (unit), or one line.
    `get` takes the subject of that scope and answers with a value of `type` or UNKNOWN.
    `values` are the possible answers of a choice; empty when they are open (codes).
    `form`: how the answers of an open fact are written; a value of another form could never be met.
    `indexed`: cheap to ask, with few different answers, all hashable and no open collection, and for a line it follows
    from its `likeness`; engines group what they judge by such facts (engine.plans).
    `among`, of a fact about a line: asked of a claim or order, the values among which all that the fact answers about
    its lines are (members of collections, codes of lines; UNKNOWN is not counted), or None when that cannot be said at
    little cost (engine.chances).
    """

    name: str
    scope: Scope
    type: FactType
    about: str
    get: Callable[[Any], Any]
    values: tuple[str, ...] = ()
    indexed: bool = False
    among: Callable[[Any], frozenset[Any] | None] | None = None
    form: Form | None = None


class Vocabulary(Mapping[str, Fact]):
    """All facts by name."""

    def __init__(self) -> None:
        self._facts: dict[str, Fact] = {}

    def add(
        self,
        scope: Scope,
        type: FactType,
        *values: str,
        name: str = "",
        indexed: bool = False,
        among: Callable[[Any], frozenset[Any] | None] | None = None,
        form: Form | None = None,
    ) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
        """Register a function as a fact; its name is the fact's, its docstring the author's manual.

        Raises:
            ValueError: when the name is taken or the docstring is missing.
        """

        def register(get: Callable[[Any], Any]) -> Callable[[Any], Any]:
            label = name or get.__name__
            about = (get.__doc__ or "").strip()
            if not about:
                raise ValueError(f"Fact `{label}` has no docstring. Write one: authors read it.")
            if label in self._facts:
                raise ValueError(f"Fact `{label}` is defined twice. Rename one.")
            self._facts[label] = Fact(
                label, scope, type, " ".join(about.split()), get, values, indexed, among, form
            )
            return get

        return register

    def __getitem__(self, name: str) -> Fact:
        return self._facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)
