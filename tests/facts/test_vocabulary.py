"""What the vocabulary holds."""

from __future__ import annotations

import pickle

import pytest

from cds_service.facts.vocabulary import VOCABULARY


@pytest.mark.parametrize("key", list(VOCABULARY), ids=str)
def test_a_fact_goes_from_one_process_to_another(key: object) -> None:
    """`policies prove` sends what it found, with the facts it speaks of, to the processes that judge more of it."""
    fact = VOCABULARY[key]  # type: ignore[index]
    again = pickle.loads(pickle.dumps(fact))  # noqa: S301
    assert (again.get, again.values) == (fact.get, fact.values)
    if fact.form is not None:
        assert [again.form.fits(text) for text in ("26", "FL", "C61")] == [
            fact.form.fits(text) for text in ("26", "FL", "C61")
        ]
