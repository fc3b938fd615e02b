"""An independent reading of corrections: does a changed resource differ only where one remedy says?

Written against rulebook 1.6 and contract section 4, without the code that makes corrections.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from itertools import combinations, product
from typing import Any

from tests.cards.json_diff import differences

Json = dict[str, Any]

COMPONENTS = {"26", "TC"}
_TEXT = re.compile(r"\s*([0-9A-Z]{5})((?:[:-][0-9A-Z]{2})*)\s*", re.IGNORECASE)
_IN_CODE = r"(coding\[\d+\]\.(code|system|version|_?display)|_?text)"
_NEW_LINE = {
    "sequence",
    "careTeamSequence",
    "diagnosisSequence",
    "locationCodeableConcept",
    "locationAddress",
    "locationReference",
    "encounter",
    "productOrService",
    "modifier",
    "servicedDate",
    "quantity",
}


def faults(request: Json, answer: Json) -> list[str]:
    """What is wrong with the suggestions of an answer; nothing, when each does what a remedy says."""
    return [fault for card in answer["cards"] for fault in _of_card(request, card)]


def _of_card(request: Json, card: Json) -> Iterator[str]:
    (finding, *more) = card["extension"]["org.igrt-cds.findings"]
    for suggestion in card.get("suggestions", ()):
        if more:
            yield "a checklist offers a correction"
        for action in suggestion["actions"]:
            fault = _of_action(request, finding, action)
            if fault:
                yield f"{suggestion['label']}: {fault}"
    labels = [suggestion["label"] for suggestion in card.get("suggestions", ())]
    if len(labels) != len(set(labels)):
        yield f"two suggestions are called the same: {labels}"
    if sum(suggestion.get("isRecommended", False) for suggestion in card.get("suggestions", ())) > 1:
        yield "more than one is recommended"


def _of_action(request: Json, finding: Json, action: Json) -> str:
    if action["type"] == "delete":
        removed = {r["code"] for r in finding["remedies"] if r["action"] == "remove-line"}
        sent = _received(request, action["resourceId"])
        orders = [each for each in sent if each["resourceType"] == "ServiceRequest"]
        void = any({code for code, _ in _codes(each.get("code"))} <= removed for each in orders)
        return "" if void else f"deletes {action['resourceId']}, of which {removed} is not all"
    if action["type"] != "update":
        return f"action {action['type']}"
    after = action["resource"]
    sent = _received(request, f"{after.get('resourceType')}/{after.get('id')}")
    if not sent:
        return "updates what was not sent"
    if finding.get("allOf"):
        stated = all(r["action"].startswith("attest-") for r in finding["remedies"])
        does_all = _attests_all if stated else _does_all
        if any(does_all(finding, before, after) for before in sent):
            return ""
    elif any(_explains(r, finding, before, after) for r in finding["remedies"] for before in sent):
        return ""
    changes = [sorted(differences(before, after)) for before in sent]
    return f"changes {changes}, which none of {finding['remedies']} says"


def _received(request: Json, reference: str) -> list[Json]:
    """Resources of this reference; a second one may have been dropped as unreadable or another patient's."""
    context = request["context"]
    bundle = context.get("claims") or context.get("draftOrders")
    held = [bundle] if bundle else [context.get("order"), *(request.get("prefetch") or {}).values()]
    return [
        each
        for holder in held
        for each in _resources(holder)
        if f"{each.get('resourceType')}/{each.get('id')}" == reference
    ]


def _resources(holder: Any) -> Iterator[Json]:
    """A resource, or those of a Bundle; Bundles may stand in each other."""
    if not isinstance(holder, dict):
        return
    yield holder
    entries = holder.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        yield from _resources(entry.get("resource") if isinstance(entry, dict) else None)


def _explains(remedy: Json, finding: Json, before: Json, after: Json) -> bool:
    check = _CHECKS.get((before["resourceType"], remedy["action"]))
    return check is not None and before != after and check(remedy, finding, before, after)


def _does_all(finding: Json, before: Json, after: Json) -> bool:
    """Whether every reduction of a finding whose remedies belong together is made, and nothing else."""
    remedies = finding["remedies"]
    for chosen in product(*(_choices(remedy, finding, before) for remedy in remedies)):
        items, gone = deepcopy(before["item"]), set()
        for remedy, places in zip(remedies, chosen, strict=True):
            if remedy["action"] == "remove-line":
                gone |= places
            elif remedy["action"] == "reduce-units":
                for place in places:
                    items[place]["quantity"]["value"] = remedy["to"]
        kept = [item for index, item in enumerate(items) if index not in gone]
        if after == _without(before, "item") | ({"item": kept} if kept else {}):
            return True
    return False


def _codes(concept: Any) -> list[tuple[str, list[str]]]:
    """Codes of a concept with the modifiers written into them."""
    codings = concept.get("coding") if isinstance(concept, dict) else None
    texts = [c.get("code") for c in codings if isinstance(c, dict)] if isinstance(codings, list) else []
    found = [_TEXT.fullmatch(text) for text in texts if isinstance(text, str)]
    return [(m[1].upper(), re.findall("[0-9A-Z]{2}", m[2].upper())) for m in found if m]


def _beside(item: Json) -> list[str]:
    """Modifiers that stand beside the code of an item."""
    found = []
    for concept in item.get("modifier") or ():
        codes = [c.get("code") for c in concept.get("coding") or () if isinstance(c, dict) and c.get("code")]
        for text in codes[:1] or [concept.get("text")]:
            found += re.findall(r"(?<![0-9A-Z])[0-9A-Z]{2}(?![0-9A-Z])", str(text or "").upper())
    return found


def _choices(remedy: Json, finding: Json, claim: Json) -> list[set[int]]:
    """Which items the finding's lines with the remedy's code may stand for; one choice, unless two share a
    sequence."""
    named = {
        line.get("sequence")
        for line in finding.get("lines", ())
        if line["resource"] == f"Claim/{claim['id']}"
        and line["code"] == remedy["code"]
        and remedy.get("sequence") in (None, line.get("sequence"))
    }
    places: dict[Any, list[int]] = {sequence: [] for sequence in named}
    for index, item in enumerate(claim["item"]):
        sequence = item.get("sequence") if item.get("sequence") is not None else index + 1
        codes = {code for code, _ in _codes(item.get("productOrService"))}
        if sequence in named and remedy["code"] in codes:
            places[sequence].append(index)
    some = [[c for n in range(len(p)) for c in combinations(p, n + 1)] for p in places.values()]
    return [{index for part in choice for index in part} for choice in product(*some)] if some else []


def _only(before: Json, after: Json, pattern: str) -> bool:
    return all(re.fullmatch(pattern, path) for path in differences(before, after))


def _modifiers(item: Json, code: str) -> Counter[str]:
    inside = {tuple(modifiers) for found, modifiers in _codes(item.get("productOrService")) if found == code}
    return Counter([*(inside.pop() if len(inside) == 1 else ()), *_beside(item)])


def _wanted(remedy: Json, was: Counter[str]) -> tuple[str, Counter[str]]:
    """Code and modifiers that a line has to have afterwards."""
    if remedy["action"] == "add-modifier":
        return remedy["code"], was + Counter([remedy["modifier"]])
    if remedy["action"] == "remove-modifier":
        return remedy["code"], Counter({m: n for m, n in was.items() if m != remedy["modifier"]})
    code, *modifiers = remedy["to"].split("-")
    kept = Counter({m: n for m, n in was.items() if m not in COMPONENTS})
    return code, kept + Counter(modifiers)


def _recoded_claim(remedy: Json, finding: Json, before: Json, after: Json) -> bool:
    return any(_recoded(remedy, chosen, before, after) for chosen in _choices(remedy, finding, before))


def _recoded(remedy: Json, chosen: set[int], before: Json, after: Json) -> bool:
    places = "|".join(map(str, sorted(chosen)))
    if not _only(before, after, rf"item\[({places})\]\.(productOrService\.{_IN_CODE}|modifier.*)"):
        return False
    for index in chosen:
        code, modifiers = _wanted(remedy, _modifiers(before["item"][index], remedy["code"]))
        now = after["item"][index]
        codes = {found for found, _ in _codes(now["productOrService"])}
        if code not in codes or (code != remedy["code"] and remedy["code"] in codes):
            return False
        if set(_modifiers(now, code)) != set(modifiers):
            return False
    return True


def _recoded_order(remedy: Json, finding: Json, before: Json, after: Json) -> bool:
    if not _only(before, after, rf"code\.{_IN_CODE}"):
        return False
    for (old, was), (new, now) in zip(_codes(before["code"]), _codes(after["code"]), strict=True):
        if old != remedy["code"]:
            if (old, was) != (new, now):
                return False
            continue
        code, modifiers = _wanted(remedy, Counter(was))
        if (new, set(now)) != (code, set(modifiers)):
            return False
    return True


def _without(resource: Json, member: str) -> Json:
    return {key: value for key, value in resource.items() if key != member}


def _removed_item(remedy: Json, finding: Json, before: Json, after: Json) -> bool:
    for chosen in _choices(remedy, finding, before):
        kept = [item for index, item in enumerate(before["item"]) if index not in chosen]
        if after == _without(before, "item") | ({"item": kept} if kept else {}):
            return True
    return False


def _removed_code(remedy: Json, finding: Json, before: Json, after: Json) -> bool:
    kept = [
        coding
        for coding in before["code"]["coding"]
        if remedy["code"] not in {code for code, _ in _codes({"coding": [coding]})}
    ]
    expected = before | {"code": before["code"] | {"coding": kept}}
    return len(kept) < len(before["code"]["coding"]) and after == expected


def _added_item(remedy: Json, finding: Json, before: Json, after: Json) -> bool:
    old, new = before["item"], after["item"][len(before["item"]) :]
    if _without(after, "item") != _without(before, "item") or after["item"][: len(old)] != old or not new:
        return False
    code, *modifiers = remedy["code"].split("-")
    dates = {line["date"] for line in finding["lines"]}
    used = [item.get("sequence") for item in after["item"]]
    return {item["servicedDate"] for item in new} == dates and all(
        set(item) <= _NEW_LINE
        and {found for found, _ in _codes(item["productOrService"])} == {code}
        and set(_modifiers(item, code)) == set(modifiers)
        and item["quantity"] == {"value": 1}
        and used.count(item["sequence"]) == 1
        for item in new
    )


def _fewer_units(remedy: Json, finding: Json, before: Json, after: Json) -> bool:
    if before["resourceType"] == "ServiceRequest":
        return (
            differences(before, after) == {"quantityQuantity.value"}
            and after["quantityQuantity"]["value"] == remedy["to"] < before["quantityQuantity"]["value"]
        )
    return any(
        differences(before, after) == {f"item[{index}].quantity.value" for index in chosen}
        and all(
            after["item"][n]["quantity"]["value"] == remedy["to"] < before["item"][n]["quantity"]["value"]
            for n in chosen
        )
        for chosen in _choices(remedy, finding, before)
    )


def _attested(remedy: Json, finding: Json, before: Json, after: Json) -> bool:
    member = "supportingInfo" if before["resourceType"] == "Claim" else "reasonCode"
    old = before.get(member) or []
    if _without(after, member) != _without(before, member) or after[member][:-1] != old:
        return False
    made = after[member][-1]
    kind = remedy["action"].removeprefix("attest-")
    facts = [{"system": f"urn:igrt-cds:{kind}", "code": each} for each in remedy[_FACTS[kind]]]
    if member == "reasonCode":
        return any(made == {"coding": [fact]} for fact in facts)
    if any(made["sequence"] == each.get("sequence") for each in old if isinstance(each, dict)):
        return False
    category = {"coding": [{"system": "urn:igrt-cds:supporting-info", "code": kind}]}
    return _without(made, "sequence") in [
        {"category": category, "code": {"coding": [fact]}} for fact in facts
    ]


def _attests_all(finding: Json, before: Json, after: Json) -> bool:
    """Whether one fact of each remedy is stated, and nothing else."""
    remedies = finding["remedies"]
    member = "supportingInfo" if before["resourceType"] == "Claim" else "reasonCode"
    made = after.get(member) or []
    known = len(made) - len(remedies)
    stages = [before, *(after | {member: made[: known + n]} for n in range(1, len(remedies) + 1))]
    pairs = zip(remedies, stages[:-1], stages[1:], strict=True)
    return known >= 0 and all(_attested(remedy, finding, old, new) for remedy, old, new in pairs)


_FACTS = {"indication": "indications", "other-modality": "modalities"}
_CHECKS = {
    ("Claim", "replace"): _recoded_claim,
    ("Claim", "add-modifier"): _recoded_claim,
    ("Claim", "remove-modifier"): _recoded_claim,
    ("Claim", "remove-line"): _removed_item,
    ("Claim", "add-line"): _added_item,
    ("Claim", "reduce-units"): _fewer_units,
    ("Claim", "attest-indication"): _attested,
    ("Claim", "attest-other-modality"): _attested,
    ("ServiceRequest", "replace"): _recoded_order,
    ("ServiceRequest", "add-modifier"): _recoded_order,
    ("ServiceRequest", "remove-modifier"): _recoded_order,
    ("ServiceRequest", "remove-line"): _removed_code,
    ("ServiceRequest", "reduce-units"): _fewer_units,
    ("ServiceRequest", "attest-indication"): _attested,
}
