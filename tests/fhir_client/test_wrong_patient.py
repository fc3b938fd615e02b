"""Another patient's data is never used, the right patient's never refused, however references are written (T7).

IGRT_CDS_TEST_PATIENTS says how many requests of each kind; the campaign takes 10000 (docs/deploy.md).
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.books import standard_library
from cds_service.facts import compartment, fhir
from cds_service.facts.compartment import Compartment, _ties, _ties_of
from cds_service.facts.pool import Pool, Trouble
from cds_service.service import Advisor
from fhir_fixtures import load
from tests.contract.calls import SERVICE_OF, findings

MANY = int(os.environ.get("IGRT_CDS_TEST_PATIENTS", "150"))
DAY = date(2026, 11, 24)
ADVISOR = Advisor(standard_library())
NAMES = (
    "florida-blue-document-one-day-too-old",
    "hospital-imrt-guidance-double-billed-medicare",
    "order-left-breast-breath-hold-florida-blue",
    "order-imrt-cone-beam-ct-florida-blue",
    "florida-second-imrt-plan-without-planning-ct-medicare",
    "order-federal-employee-program",
    "florida-imrt-clean-medicare",
)
SERVER = "https://ehr.example/fhir"
SYSTEM = "urn:oid:1.2.3"
MEMBER = {"Coverage": "beneficiary", "Claim": "patient"}
Json = dict[str, Any]
Writer = Callable[[Json, Json, str], None]
"""Writes a reference to a patient into a resource: resource, reference, the patient's id."""


def _plain(text: str) -> Writer:
    return lambda resource, reference, who: reference.update(reference=text.format(who))


def _contained(resource: Json, reference: Json, who: str) -> None:
    resource.setdefault("contained", []).append({"resourceType": "Patient", "id": who})
    reference.update(reference=f"#{who}")


def _known(resource: Json, reference: Json, who: str) -> None:
    """A contained Patient under a name of its own, known by its identifier."""
    inside = {
        "resourceType": "Patient",
        "id": "whom",
        "identifier": [{"system": SYSTEM, "value": f"mrn-{who}"}],
    }
    resource.setdefault("contained", []).append(inside)
    reference.update(reference="#whom")


def _identified(resource: Json, reference: Json, who: str) -> None:
    reference.pop("reference", None)
    reference.update(identifier={"system": SYSTEM, "value": f"mrn-{who}"})


def _both(resource: Json, reference: Json, who: str) -> None:
    reference.update(identifier={"system": SYSTEM, "value": f"mrn-{who}"}, type="Patient", display="A name")


WRITERS: dict[str, Writer] = {
    "relative": _plain("Patient/{}"),
    "with space": _plain(" Patient/{} "),
    "versioned": _plain("Patient/{}/_history/3"),
    "absolute": _plain(SERVER + "/Patient/{}"),
    "absolute, versioned": _plain(SERVER + "/Patient/{}/_history/3"),
    "absolute, other spelling": _plain("https://EHR.example:443/fhir/Patient/{}"),
    "urn of the id": _plain("urn:uuid:{}"),
    "fullUrl": _plain("urn:uuid:full-{}"),
    "contained": _contained,
    "contained, by identifier": _known,
    "identifier": _identified,
}
FOREIGN = (
    *WRITERS,
    "reference ours, identifier not",
    "ours on another server",
    "hidden behind ours",
    "nobody",
)


def places(request: Json) -> Iterator[tuple[Json, str, int]]:
    """(Bundle, whose place, index) of each resource with a patient."""
    context = request["context"]
    bundles = [("context", context.get("claims") or context.get("draftOrders"))]
    bundles += [(key, value) for key, value in request["prefetch"].items() if value]
    for key, value in bundles:
        for index, entry in enumerate(value.get("entry", ())):
            kind = entry["resource"]["resourceType"]
            if MEMBER.get(kind, "subject") in entry["resource"]:
                yield value, key, index


def prepared(name: str) -> Json:
    """A fixture whose Patient has an identifier, and whose Bundles hold the Patient that a `fullUrl` stands for."""
    request = load(name)
    who = request["context"]["patientId"]
    request["fhirServer"] = SERVER
    patient = request["prefetch"]["patient"]
    patient["identifier"] = [{"system": SYSTEM, "value": f"mrn-{who}"}]
    return request


def told(request: Json) -> list[Json]:
    """Findings of the policies and of the reading."""
    answer = ADVISOR.advise(SERVICE_OF[request["_name"]], json.dumps(request).encode(), DAY)
    assert answer.status == 200, answer.body
    return findings(json.loads(answer.encode()))


def spoil(resource: Json, reference: Json, how: str, ours: str) -> None:
    """Make a reference lead to somebody else."""
    if how == "reference ours, identifier not":
        _both(resource, reference, "somebody-else")
    elif how == "ours on another server":
        reference.update(reference=f"https://other.example/fhir/Patient/{ours}")
    elif how == "hidden behind ours":
        reference.update(reference=f"Patient/somebody-else/_history/Patient/{ours}")
    elif how == "nobody":
        reference.update(reference="#nobody")
    else:
        WRITERS[how](resource, reference, "somebody-else")


def test_one_foreign_reference_anywhere_is_never_used_and_is_said() -> None:
    chance = random.Random(20261124)
    for round_ in range(MANY):
        name = chance.choice(NAMES)
        request = prepared(name) | {"_name": name}
        bundle, place, index = chance.choice(list(places(request)))
        resource = bundle["entry"][index]["resource"]
        how = chance.choice(FOREIGN)
        without = copy.deepcopy(request)
        spoil(
            resource,
            resource[MEMBER.get(resource["resourceType"], "subject")],
            how,
            request["context"]["patientId"],
        )
        found = told(request)
        said = [e["value"] for f in found if f["kind"] == "informational" for e in f.get("evidence", ())]
        assert resource["resourceType"] in said, (round_, name, place, how)
        policies = [f for f in found if f["kind"] != "informational"]
        if place == "context":
            one = f"{resource['resourceType']}/{resource['id']}"
            assert [f for f in policies for line in f.get("lines", ()) if line["resource"] == one] == []
        else:
            holder = without["prefetch"][place]
            holder["entry"][index] = {"resource": 7}  # something that is certainly not used
            assert policies == [f for f in told(without) if f["kind"] != "informational"], (
                round_,
                name,
                place,
                how,
            )


def test_harmless_ways_to_write_the_right_reference_change_nothing() -> None:
    chance = random.Random(20261125)
    plain = {name: told(prepared(name) | {"_name": name}) for name in NAMES}
    for round_ in range(MANY):
        name = chance.choice(NAMES)
        request = prepared(name) | {"_name": name}
        if chance.random() < 0.3:
            del request["fhirServer"]
        ours = request["context"]["patientId"]
        request["context"]["patientId"] = chance.choice((ours, f"Patient/{ours}", f" {ours} "))
        written = []
        for bundle, _, index in list(places(request)):
            how = chance.choice([*WRITERS, "both"])
            written.append(how)
            resource = bundle["entry"][index]["resource"]
            WRITERS.get(how, _both)(resource, resource[MEMBER.get(resource["resourceType"], "subject")], ours)
            if how == "fullUrl":
                patient = copy.deepcopy(request["prefetch"]["patient"])
                bundle["entry"].append({"fullUrl": f"urn:uuid:full-{ours}", "resource": patient})
        assert told(request) == plain[name], (round_, name, written)


def test_the_patient_may_stand_behind_what_names_him_by_identifier() -> None:
    """The order of members in JSON means nothing."""
    for name in NAMES:
        request = prepared(name) | {"_name": name}
        plain = told(request)
        for bundle, _, index in places(request):
            resource = bundle["entry"][index]["resource"]
            reference = resource[MEMBER.get(resource["resourceType"], "subject")]
            _identified(resource, reference, request["context"]["patientId"])
        patient = request["prefetch"].pop("patient")
        for last in (
            patient,
            {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": patient}]},
        ):
            assert told(request | {"prefetch": request["prefetch"] | {"patient": last}}) == plain, name


@pytest.mark.parametrize("known", [None, [], [{"system": "urn:oid:9", "value": "mrn"}], [{"value": "mrn"}]])
def test_a_claim_whose_patient_cannot_be_told_is_not_said_to_be_anothers(known: list[Json] | None) -> None:
    request = prepared("hospital-imrt-guidance-double-billed-medicare")
    request["context"]["claims"]["entry"][0]["resource"]["patient"] = {"identifier": {"value": "mrn"}}
    request["prefetch"]["patient"]["identifier"] = known
    if known is None:
        del request["prefetch"]["patient"]
    answer = ADVISOR.advise("igrt-claim-review", json.dumps(request).encode(), DAY)
    (card,) = json.loads(answer.encode())["cards"]
    assert "or not shown to be of this one" in card["summary"]
    assert "counts when the call holds the Patient with that identifier" in card["detail"]


TIES = [(kind, tie) for kind, ties in _ties().items() for tie in ties if kind in fhir.TYPES]


def held(path: tuple[str, ...], reference: Any) -> Json:
    """A member that holds the reference at the end of a path."""
    head, *rest = path
    if not rest:
        return {head: reference}
    inner = held(tuple(rest), reference)
    return {head: [inner] if head in ("performer", "participant") else inner}


def kept(resource: Json) -> tuple[bool, list[Trouble]]:
    pool = Pool(patient_id="p1")
    return pool.add(json.dumps(resource).encode(), "here") is not None, pool.troubles


@pytest.mark.parametrize(("kind", "tie"), TIES, ids=[f"{kind}.{tie.first}" for kind, tie in TIES])
def test_each_element_of_the_compartment_is_looked_at(kind: str, tie: Any) -> None:
    many = tie.first in ("performer", "author", "payor") and not tie.path and kind != "QuestionnaireResponse"
    for who, ours in (("p1", True), ("p2", False)):
        reference: Any = {"reference": f"Patient/{who}"}
        path = (tie.first, *tie.path)
        made = {"resourceType": kind, "id": "x"} | held(path, [reference] if many else reference)
        got_in, troubles = kept(made)
        assert got_in is ours
        assert troubles == ([] if ours else [Trouble("foreign", "here", kind)])


@pytest.mark.parametrize("member", ["subscriber", "policyHolder"])
def test_a_family_member_may_hold_the_policy(member: str) -> None:
    coverage = {"resourceType": "Coverage", "id": "c", "beneficiary": {"reference": "Patient/p1"}}
    assert kept(coverage | {member: {"reference": "Patient/parent"}}) == (True, [])


def test_other_peoples_references_are_no_patients() -> None:
    order = {"resourceType": "ServiceRequest", "id": "s", "subject": {"reference": "Patient/p1"}}
    for reference in ("Practitioner/p2", "#p2", "urn:uuid:p2", "https://x.example/Organization/1"):
        assert kept(order | {"performer": [{"reference": reference}]}) == (True, [])


def test_what_a_plain_reference_leads_to_hangs_on_what_is_said_beside_it_and_asked() -> None:
    """The same text is judged again where an identifier or a type stands beside it, and as subject or as author."""
    pool = Pool("p1")
    system, own, foreign = "https://hospital.example.org/mrn", "1", "2"
    patient = {"resourceType": "Patient", "id": "p1", "identifier": [{"system": system, "value": own}]}
    assert pool.add(json.dumps(patient).encode(), "patient") is not None

    def gets_in(identity: str, **members: Any) -> bool:
        made = {"resourceType": "DocumentReference", "id": identity} | members
        return pool.add(json.dumps(made).encode(), identity) is not None

    ours: Json = {"reference": "Patient/p1"}
    assert gets_in("plain", subject=ours)
    assert gets_in("same", subject=ours | {"identifier": {"system": system, "value": own}})
    assert not gets_in("contradicted", subject=ours | {"identifier": {"system": system, "value": foreign}})

    group: Json = {"reference": "Group/g"}
    assert gets_in("an author of another kind", subject=ours, author=[group])
    assert not gets_in("said to be a patient", subject=ours, author=[group | {"type": "Patient"}])
    assert not gets_in("about somebody else", subject=group)
    assert gets_in("an author again", subject=ours, author=[group])


TEXTS = st.sampled_from(
    [
        "Patient/p1",
        "Patient/p2",
        " Patient/p1 ",
        "Group/g",
        "#p1",
        "#x",
        "",
        "urn:uuid:p1",
        "urn:uuid:full",
        "https://a.example/fhir/Patient/p1",
        "https://b.example/fhir/Patient/p1/_history/2",
    ]
)
IDENTIFIERS = st.fixed_dictionaries(
    {}, optional={"system": st.just("s"), "value": st.sampled_from(["1", "2"])}
)
REFERENCES = st.fixed_dictionaries(
    {},
    optional={
        "reference": TEXTS,
        "type": st.sampled_from(["Patient", "Group"]),
        "identifier": IDENTIFIERS,
        "display": st.just("x"),
    },
)


@pytest.mark.parametrize("kind", [kind for kind in _ties() if _ties_of(kind)[1]])
@given(data=st.data())
def test_references_that_are_read_anyway_are_judged_as_those_that_are_decoded(
    kind: str, data: st.DataObject
) -> None:
    many = REFERENCES.flatmap(lambda one: st.lists(REFERENCES, max_size=2).map(lambda more: [one, *more]))
    members = {"subject": REFERENCES, "author": many, "performer": many}
    made = data.draw(
        st.fixed_dictionaries({}, optional={tie.first: members[tie.first] for tie in _ties()[kind]})
    )
    contained = [{"resourceType": "Patient", "id": "p1"}, {"resourceType": "Group", "id": "x"}]
    raw = json.dumps({"resourceType": kind, "contained": contained} | made).encode()
    resource = fhir.decode(raw)
    assert resource is not None

    def held_by(read: bool) -> bool:
        ours = Compartment("p1", ("https://a.example:443/fhir",))
        ours.meet(fhir.Patient(id="p1", identifier=[fhir.Identifier(system="s", value="1")]), "urn:uuid:full")
        with pytest.MonkeyPatch.context() as patch:
            if not read:
                patch.setattr(compartment, "_ties_of", lambda kind: (_ties()[kind], False))
            return ours.holds(resource, raw)

    assert held_by(True) is held_by(False)


def test_documents_and_orders_are_not_decoded_twice_to_see_whose_they_are() -> None:
    assert [kind for kind in _ties() if _ties_of(kind)[1]] == ["DocumentReference", "ServiceRequest"]
