"""`python -m scripts.fuzz [--target NAME] [--inputs N] [--minutes N] [--seed N] [--keep FOLDER]`.

Prints the inputs of each target by outcome; exit 1 when a promise was broken: status 500 or above, an exception, a
4xx without OperationOutcome, more than two seconds of processor time, memory that grows, gate and strict reading
that disagree. Inputs that did are kept in the folder, under the target's name.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
from pathlib import Path

from scripts.fuzz import campaign
from scripts.fuzz.targets import NAMES, opened

SHARES = {"app": 20, "gate": 60, "readers": 15, "policies": 5}
"""Percent of the inputs for each target; that of the time is a quarter."""


def main(arguments: list[str]) -> int:
    """Exit code: 0 every promise was kept, 1 one was broken."""
    parser = argparse.ArgumentParser(prog="python -m scripts.fuzz")
    parser.add_argument("--target", choices=NAMES, help="one target instead of all")
    parser.add_argument("--inputs", type=int, help="inputs in all; 5000 if neither is given")
    parser.add_argument("--minutes", type=float, help="stop after this time")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other inputs")
    parser.add_argument("--keep", type=Path, default=Path("test-results/fuzz"), help="where faults are kept")
    given = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    names = (given.target,) if given.target else NAMES
    total = given.inputs or (10**9 if given.minutes else 5000)
    broken = 0
    for name in names:
        inputs = total if given.target else max(1, total * SHARES[name] // 100)
        seconds = given.minutes * 60 / len(names) if given.minutes else None
        with opened(name) as target:
            found = campaign.run(target, given.seed, inputs, seconds)
        counts = ", ".join(f"{word} {count}" for word, count in sorted(found.counts.items()))
        print(
            f"{name}: {found.inputs} inputs ({counts}); slowest {found.slowest * 1000:.0f} ms, "
            f"grew by {found.growth / 2**20:.0f} MiB",
            flush=True,
        )
        for what, body in found.faults:
            broken += 1
            print(f"  FAULT {what[:200]}: kept as {_keep(given.keep, name, body)}")
    return 1 if broken else 0


def _keep(folder: Path, name: str, body: bytes) -> Path:
    path = folder / f"{name}-{hashlib.sha256(body).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
