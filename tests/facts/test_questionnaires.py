"""Indications answered in a Questionnaire, wherever in the form the question stands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cds_service.facts.chart import answered_indications
from tests.facts.build import LOCAL, PATIENT, Json, claim, filled, item, order, unit

ANSWER: Json = {"valueCoding": {"system": LOCAL + "indication", "code": "internal-motion"}}
QUESTION: Json = {"linkId": "1.1", "answer": [ANSWER]}
YES: Json = {"valueBoolean": True}


def response(*items: Json, **more: Any) -> Json:
    made: Json = {"resourceType": "QuestionnaireResponse", "id": "q", "status": "completed"}
    return {**made, "subject": PATIENT, "item": list(items), **more}


def opened_by_an_answer(*items: Json) -> Json:
    return {"linkId": "1", "answer": [{**YES, "item": list(items)}]}


@pytest.mark.parametrize("review", [order("77387"), claim(item("77387"))], ids=["order", "claim"])
@pytest.mark.parametrize(
    "form",
    [
        [QUESTION],
        [{"linkId": "1", "item": [QUESTION]}],
        [opened_by_an_answer(QUESTION)],
        [{"linkId": "1", "answer": [YES, {**ANSWER, "item": [{"linkId": "1.1", "answer": [YES]}]}]}],
        [opened_by_an_answer({"linkId": "1.1", "item": [opened_by_an_answer(QUESTION)]})],
        [{"linkId": "1", "answer": [YES]}, opened_by_an_answer({"linkId": "1.1"}, QUESTION)],
    ],
    ids=["at the top", "in a group", "in an answer", "with a question of its own", "deeper", "second"],
)
def test_an_answer_counts_wherever_its_question_stands(review: Json, form: list[Json]) -> None:
    assert unit(review, beside=[response(*form)]).indications == {"internal-motion"}


def test_a_form_that_is_not_finished_says_nothing_in_its_answers_either() -> None:
    open_form = response(opened_by_an_answer(QUESTION), status="in-progress")
    assert unit(order("77387"), beside=[open_form]).indications == frozenset()


def test_a_form_that_is_nested_as_deep_as_a_call_may_be_is_read() -> None:
    form = QUESTION
    for _ in range(15):
        form = opened_by_an_answer(form)
    pool = filled(response(form))
    assert json.dumps(form).count("[") > 30
    assert answered_indications(pool) == {"internal-motion"}
