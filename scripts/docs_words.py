"""The handwritten cells of the generated tables in docs/: one line for each kind and remedy."""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "code-effective-date": "the code cannot be reported for the date",
    "not-necessary": "the policy itself calls the service not needed here",
    "bundling": "the work is already inside another code",
    "code-choice-by-payer": "this payer wants another code",
    "code-choice-by-setting": "hospital, physician or office: another code belongs to this place",
    "same-day-exclusion": "two codes that do not go together on one date",
    "code-choice-by-method": "the code names another imaging method than the one coded",
    "modifier": "26 or TC is missing, wrong or doubled",
    "unit-limit": "more units than the fraction, date or course allows",
    "coverage-necessity": "the payer wants to know why the service is needed",
    "documentation": "a document the payer may ask for",
    "supervision": "the level of supervision or who performs",
    "scope-applicability": "whose rules apply, or that this cannot be told",
    "informational": "worth knowing; nothing else fits",
}
"""Finding kind -> what it is for."""

REMEDIES: Mapping[str, tuple[str, str]] = {
    "replace": (
        "`to`: a code, a list, or `{fact: name}`",
        "The line gets another code. Several codes are alternatives.",
    ),
    "add-modifier": ("`modifier`: two characters", "The line gets the modifier."),
    "remove-modifier": ("`modifier`: two characters", "The line loses the modifier."),
    "remove-line": ("nothing", "The line goes."),
    "add-line": (
        "`code`: a code, a list, or `{fact: name}`",
        "A line like this one is added with that code.",
    ),
    "reduce-units": (
        "`to`: a number, or `{fact: name}`",
        "The line keeps that many units. With 0 it is `remove-line`.",
    ),
    "add-document": ("`document`: LOINC code or slug", "Names the document to have on record."),
    "attest-indication": (
        "`indications`: a list, or `{set: name}`",
        "Offers these reasons; one is recorded if it is true.",
    ),
    "attest-other-modality": (
        "`modalities`: a list, or `{set: name}`",
        "Offers these other treatments; one is recorded if there is one.",
    ),
    "review": ("nothing", "A person looks at it; no change is proposed."),
}
"""Remedy -> the member it needs, and what it does."""

REFUSALS: Mapping[str, str] = {
    "not-json": "the body is not JSON",
    "name-twice": "a name stands twice in one object",
    "wrong-hook": "`hook` is not the hook of the service in the URL",
    "missing-member": "a required member is missing",
    "no-bundle": "`context.claims` or `context.draftOrders` is no Bundle",
    "unknown-service": "the URL names no service",
    "wrong-method": "GET on a service",
    "no-coverage": "a radiotherapy claim or order has no Coverage",
    "no-order": "an order that order-dispatch or appointment-book names is not there",
    "too-large": "the body is larger than 8 MiB",
    "not-declared": "the Content-Type is not JSON",
}
"""Refused call -> what was wrong with it."""
