"""Coverage-guided fuzzing with atheris: `python -m scripts.fuzz.guided TARGET [libFuzzer options]`.

atheris is no dependency of the project: install it into an environment of its own that sees this one's packages
(docs/fuzzing.md). Options are those of libFuzzer, such as `-runs=100000 -max_total_time=300 CORPUS`.
"""

from __future__ import annotations

import importlib
import logging
import sys
import tempfile
from pathlib import Path

from scripts.fuzz import campaign

NAMES = ("gate", "readers", "policies", "app")


def main(arguments: list[str]) -> int:
    """Exit code: 2 without atheris or without a known target; else libFuzzer ends the process with its own."""
    if not arguments or arguments[0] not in NAMES:
        print(f"Name one of {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        print("atheris is not installed: see docs/fuzzing.md.", file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)
    with atheris.instrument_imports(include=["cds_service", "cards", "scripts.fuzz"]):
        targets = importlib.import_module("scripts.fuzz.targets")
    with targets.opened(arguments[0]) as target, tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(target.seeds):
            Path(corpus, f"seed-{number}").write_bytes(seed)

        def one(given: bytes) -> None:
            outcome = campaign.Outcome()
            campaign.feed(target, given, outcome)
            for what, _ in outcome.faults:
                raise AssertionError(what)

        with campaign.budget():
            # Its own corpus folder may be given among the options: libFuzzer writes to the first, reads all.
            atheris.Setup([sys.argv[0], *arguments[1:], corpus], one)
            atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
