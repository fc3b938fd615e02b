"""How much one call may read from FHIR servers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of reading for one call, and of calls that read at once.

    `budget` is in seconds, for all reads of a call together. `reads` counts requests, pages included; `pages` those
    of one search, of which `empty_pages` in a row may hold nothing although they lead on. `answer_bytes` and
    `call_bytes` are decoded bytes of one answer and of all answers of a call. `parallel` is how many requests of a
    call run at once, `calls` how many calls of one client read at once. `threads` is how many threads of all calls
    together read at once in a process; the last `first_threads` of them are for calls that have none yet. After
    `failures` failures in a row a kind of read is left out for `rest` seconds. `ca_file` holds certificates of
    authorities to be trusted beside the usual ones (PEM). `http_on_loopback` lets `http://` bases on this machine be
    read; it is meant for development.
    """

    budget: float = 2.0
    reads: int = 40
    pages: int = 5
    empty_pages: int = 2
    answer_bytes: int = 4 * 1024 * 1024
    call_bytes: int = 16 * 1024 * 1024
    parallel: int = 6
    calls: int = 16
    threads: int = 192
    first_threads: int = 32
    failures: int = 5
    rest: float = 10.0
    ca_file: str = ""
    http_on_loopback: bool = False
