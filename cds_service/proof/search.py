"""Looks for a point at which a rule version meets a goal: the nearest neighbours of what is known already."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cds_service.engine.rules import Rule
from cds_service.facts.knowledge import Knowledge
from cds_service.proof.changes import changed
from cds_service.proof.dimensions import Dimensions
from cds_service.proof.distance import Distance
from cds_service.proof.givens import Given, key_of, view_of
from cds_service.proof.goals import Goal

Meets = Callable[[Given, Goal], bool]
WIDTH, DEPTH = 4, 6


@dataclass
class Search:
    """A beam search over single changes; `tries` counts the points that were looked at."""

    dimensions: Dimensions
    knowledge: Knowledge
    rules: Mapping[str, Rule]
    meets: Meets
    seed: int = 0
    tries: int = 0

    def find(self, goal: Goal, rule: Rule, starts: Sequence[Given], limit: int) -> Given | None:
        """A point that meets the goal, or None when none was found among `limit` points."""
        distance = Distance(goal, rule, self.rules)
        stop = self.tries + limit
        beam = self._ranked(starts, distance)[:WIDTH]
        seen = {key_of(given) for _, given in beam}
        chance = random.Random(f"{self.seed}/{goal.rule}/{goal.what}")  # noqa: S311 - a seeded walk, no secret
        for _ in range(DEPTH):
            for far, given in beam:
                if far == 0 and self.meets(given, goal):
                    return given
            following: list[tuple[float, Given]] = []
            for far, given in beam:
                for made in self._neighbours(given, rule):
                    key = key_of(made)
                    if key in seen:
                        continue
                    seen.add(key)
                    self.tries += 1
                    near = self._distance(made, distance)
                    if near == 0 and self.meets(made, goal):
                        return made
                    if near <= far:
                        following.append((near + chance.random() / 100, made))
                    if self.tries >= stop:
                        return None
            beam = sorted(following, key=lambda pair: pair[0])[:WIDTH]
            if not beam:
                return None
        return None

    def _neighbours(self, given: Given, rule: Rule) -> Iterable[Given]:
        for changes in self.dimensions.around(given, rule).values():
            for change in changes:
                yield changed(given, (change,))

    def _ranked(self, starts: Iterable[Given], distance: Distance) -> list[tuple[float, Given]]:
        ranked = [(self._distance(given, distance), given) for given in starts]
        return sorted(ranked, key=lambda pair: pair[0])

    def _distance(self, given: Given, distance: Distance) -> float:
        view = view_of(given, self.knowledge)
        if view is None:
            return 99.0
        try:
            return min((distance.of(unit) for unit in view.units), default=99.0)
        except Exception:  # what raises is reported where points are judged
            return 99.0
