"""`python -m scripts.mutants [PART …] [--every N] [--list]`: what part of the policies' mutants the cases notice.

A PART is a piece of a policy file's path, such as `first-coast/`. `--every N` tries each Nth mutant only.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from cds_service.books import POLICIES, Library, case_builder, load_library, run_policy_cases
from cds_service.engine import cases, loader
from cds_service.engine.cases import Report, read_case_files, run_cases
from cds_service.engine.letters import PolicyError, Problem
from cds_service.engine.schema import fits
from cds_service.engine.textyaml import TextYaml, read_text_yaml
from scripts.mutants.policy import Mutant, mutants


class _Memory:
    """Files of a book that are read and shaped once: a mutant changes only one of them."""

    def __init__(self) -> None:
        self._texts: dict[tuple[Path, bytes], TextYaml | None] = {}
        self._fitting: set[int] = set()

    def read(self, path: Path, name: str, problems: list[Problem]) -> TextYaml | None:
        """As read_text_yaml."""
        key = (path, path.read_bytes())
        if key not in self._texts:
            found = read_text_yaml(path, name, problems)
            if path.read_bytes().startswith(b"{"):
                return found  # the mutant itself
            self._texts[key] = found
        return self._texts[key]

    def fits(self, text: TextYaml, kind: Any, problems: list[Problem]) -> bool:
        """As fits."""
        if id(text) in self._fitting:
            return True
        good = fits(text, kind, problems)
        if good and text in self._texts.values():
            self._fitting.add(id(text))
        return good


def noticed(folder: Path, name: str, data: Any) -> bool:
    """Whether loading or a case fails once `name` in `folder` holds `data`. The cases of the same payer go first."""
    file = folder / name
    before = file.read_text("utf-8")
    file.write_text(json.dumps(data), encoding="utf-8")  # JSON is YAML
    try:
        library = load_library((folder,))
        return bool(_problems(library, folder, name) or run_policy_cases(library, (folder,)).problems)
    except PolicyError:
        return True
    finally:
        file.write_text(before, encoding="utf-8")


def _problems(library: Library, folder: Path, name: str) -> bool:
    stem = name.removesuffix(".policy.yaml") + ".cases.yaml"
    read = read_case_files([(folder / stem, stem)], library.engine, Report())
    return bool(run_cases(read, library.engine, case_builder(library)).problems)


def _try(task: tuple[str, Mutant]) -> tuple[str, Mutant, bool]:
    name, mutant = task
    folder = Path(tempfile.gettempdir()) / f"igrt-cds-mutants-{os.getpid()}"
    if not folder.exists():
        shutil.copytree(POLICIES, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
        memory = _Memory()
        for module in (loader, cases):
            vars(module).update(read_text_yaml=memory.read, fits=memory.fits)
    return name, mutant, noticed(folder, name, mutant.data)


def main(arguments: list[str]) -> int:
    """Exit code: 0 when at least nine in ten are noticed, else 1."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=__doc__)
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(arguments)
    tasks: list[tuple[str, Mutant]] = []
    for path in sorted(POLICIES.rglob("*.policy.yaml")):
        name = path.relative_to(POLICIES).as_posix()
        if asked.parts and not any(part in name for part in asked.parts):
            continue
        text = read_text_yaml(path, name, [])
        tasks += [(name, m) for m in mutants(text.data)] if text else []
    tasks = tasks[:: asked.every]
    library = load_library((POLICIES,))
    if run_policy_cases(library, (POLICIES,)).problems or any(
        _problems(library, POLICIES, name) for name in dict(tasks)
    ):
        print("The cases fail as they are, so every mutant would seem to be noticed: see `policies test`.")
        return 1
    survivors = 0
    with ProcessPoolExecutor(asked.processes) as pool:
        for name, mutant, seen in pool.map(_try, tasks, chunksize=4):
            if not seen:
                survivors += 1
                print(f"{name} [{mutant.rule}] {mutant.change}", flush=True)
    noticed_ones = len(tasks) - survivors
    share = noticed_ones / len(tasks) if tasks else 1.0
    print(f"{noticed_ones} of {len(tasks)} mutants noticed ({share:.1%}).")
    return 0 if share >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
