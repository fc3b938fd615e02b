"""Giving an answer once more, for a dispute: the same input, on the day of the call, against the book in force now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import msgspec

from cds_service.request.gather import NOT_GIVEN
from cds_service.service import Advisor, Answer
from cds_service.store import decisions
from cds_service.store.database import Store
from cds_service.store.records import Input, decision_of, setup_of, sha256
from cds_service.store.sealing import CannotOpen, Sealer
from cds_service.trust.model import DEVELOPMENT, Client


class CannotReplay(Exception):
    """The decision or its input is not at hand; the text is a letter: where, what, what to do."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """An answer then and now. `row` is the record; findings are as records keep them.

    For a body that was kept elsewhere: `given` says that it is one, `registered` whether its caller is registered now,
    `seen_is_gone` whether something was read for it at the time, or might have been.
    """

    row: dict[str, Any]
    answer: Answer
    encoded: bytes
    book: str
    setup: dict[str, Any]
    then: list[dict[str, Any]]
    now: list[dict[str, Any]]
    given: bool
    registered: bool
    seen_is_gone: bool

    @property
    def same_book(self) -> bool:
        """Whether policies, imported edits, confirmed days and version are those of the call."""
        return (self.book, self.setup) == (self.row["book"], json.loads(self.row["setup"]))

    @property
    def same_answer(self) -> bool:
        """Whether the answer is the one that was sent, byte for byte."""
        sent: str = self.row["answer_sha256"]
        return sha256(self.encoded) == sent


def replay(
    store: Store,
    advisor: Advisor,
    id: str,
    *,
    body: bytes | None,
    clients: Mapping[str, Client] = MappingProxyType({}),
    sealer: Sealer | None,
    who: str,
    at: datetime,
) -> Replayed:
    """Answer the call of a decision again. That it was read is written down first.

    Args:
        store: where the decision is kept.
        advisor: answers, with the policies in force now. Its reader knows which FHIR servers might be read, and
            reads nothing here.
        id: identifier of the decision, as the header of the answer gave it.
        clients: the callers as they are registered now, by name, for a body that was kept elsewhere.
        body: the input, when it was kept elsewhere; its SHA-256 has to be that of the record.
        sealer: opens an input that was kept encrypted.
        who: who asks.
        at: when.

    Raises:
        CannotReplay: there is no such decision, no input, or another one.
        StoreUnavailable: the database does not answer.
    """
    kept = decisions.read(store, id, who, "replay", at)
    if kept is None:
        raise CannotReplay(
            f"There is no decision {id}. Take the identifier from the header IGRT-CDS-Decision of the answer; "
            "it may have been deleted since."
        )
    row = kept.row
    day = date.fromisoformat(row["day"])
    registered = {**clients, DEVELOPMENT.name: DEVELOPMENT}.get(row["client"])
    caller = registered or Client(row["client"], "")
    if body is None:
        kept_input = _opened(id, kept, sealer)
        used = kept_input.body
        caller = replace(caller, fhir_bases=kept_input.fhir_bases)
        answer = advisor.advise(row["service"], used, day, caller, kept_input.seen)
    elif sha256(body) == row["input_sha256"]:
        used = body
        answer = advisor.advise(row["service"], used, day, caller, reading=False)
    else:
        raise CannotReplay(
            f"This is not the input of decision {id}: its SHA-256 is {sha256(body)}, that of the call was "
            f"{row['input_sha256']}. Give the body exactly as it was sent: `curl -d @FILE` leaves out line breaks, "
            "`--data-binary @FILE` does not."
        )
    encoded = answer.encode()
    again = decision_of(advisor.library, row["service"], caller, used, answer, encoded, at)
    return Replayed(
        row=row,
        answer=answer,
        encoded=encoded,
        book=again.book,
        setup=json.loads(setup_of(advisor.library)),
        then=json.loads(row["findings"]),
        now=json.loads(again.findings),
        given=body is not None,
        registered=registered is not None,
        seen_is_gone=body is not None and (row["reads"] > 0 or answer.seen.why_not == NOT_GIVEN),
    )


def _opened(id: str, kept: decisions.Kept, sealer: Sealer | None) -> Input:
    if kept.sealed is None:
        raise CannotReplay(
            f"The input of decision {id} is not kept, or not any more. Give it from the caller's own records: "
            f"igrt-cds replay {id} --input FILE"
        )
    if sealer is None:
        raise CannotReplay(
            f"The input of decision {id} is encrypted with the key {kept.sealed.key_id}. "
            "Name the file with this key in IGRT_CDS_INPUT_KEY_FILE."
        )
    try:
        return Input.decode(sealer.open(id, kept.sealed))
    except CannotOpen as error:
        raise CannotReplay(f"The input of decision {id} cannot be read. {error}") from None
    except msgspec.MsgspecError:
        raise CannotReplay(
            f"The input of decision {id} was written by another version of igrt-cds. Replay it with that version."
        ) from None
