"""Rewrites the generated parts of docs/*.md; with `--check` it only names the files that are stale.

A generated part stands between `<!-- begin: KIND ARGUMENT -->` and `<!-- end -->`. Run it as
`.venv/bin/python -m scripts.docs_tables` after facts, operators, schemas, letters or the example have changed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts import docs_answers, docs_audit, docs_manual, docs_operations, docs_settings, docs_trust

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"
_PART = re.compile(r"<!-- begin: (\w+) (.+?) -->\n.*?<!-- end -->", re.DOTALL)

TABLES: Mapping[str, Callable[[], str]] = {
    **docs_manual.TABLES,
    **docs_answers.TABLES,
    **docs_settings.TABLES,
    **docs_operations.TABLES,
    **docs_trust.TABLES,
    **docs_audit.TABLES,
}


def rewritten(text: str) -> str:
    """The text of a page with every generated part made anew.

    Raises:
        ValueError: a part is of an unknown kind, or what it names does not exist.
    """

    def made(match: re.Match[str]) -> str:
        kind, argument = match.group(1), match.group(2)
        return f"<!-- begin: {kind} {argument} -->\n{_make(kind, argument)}\n<!-- end -->"

    return _PART.sub(made, text)


def parts(text: str) -> list[tuple[str, str]]:
    """Kind and argument of every generated part of a page."""
    return [(match.group(1), match.group(2)) for match in _PART.finditer(text)]


def pages() -> list[Path]:
    """The pages that hold generated parts."""
    return [page for page in sorted(DOCS.glob("*.md")) if parts(page.read_text("utf-8"))]


def _make(kind: str, argument: str) -> str:
    if kind == "table" and argument in TABLES:
        return TABLES[argument]()
    if kind == "file":
        return _fenced("yaml", (EXAMPLES / argument).read_text("utf-8"))
    if kind == "excerpt":
        return _fenced("yaml", _excerpt(*argument.split(" :: ")))
    if kind == "output":
        return _fenced("text", _output(argument))
    if kind == "request":
        return _fenced("json", (ROOT / "fhir_fixtures" / argument).read_text("utf-8"))
    if kind == "answer":
        return _fenced("json", docs_answers.answer(argument))
    raise ValueError(f"Nobody makes the part `{kind} {argument}`. See scripts/docs_tables.py.")


def _fenced(language: str, text: str) -> str:
    return f"\n```{language}\n{text.strip(chr(10))}\n```\n"


def _excerpt(file: str, first: str, number: str = "1") -> str:
    """The block that begins with the `number`-th line like `first`: to an empty or less indented line."""
    lines = (EXAMPLES / file).read_text("utf-8").splitlines()
    starts = [n for n, line in enumerate(lines) if line.strip().startswith(first)]
    if len(starts) < int(number):
        raise ValueError(f"{file} has no line {number} that begins with {first!r}.")
    begin = starts[int(number) - 1]
    indent = len(lines[begin]) - len(lines[begin].lstrip())
    ends = (n for n in range(begin, len(lines)) if not lines[n].strip() or lines[n][:indent].strip())
    end = next(ends, len(lines))
    return "\n".join(line[indent:] for line in lines[begin:end])


def _output(command: str) -> str:
    """What a command of ours prints, run in the project's folder."""
    words = command.split()
    environment = {name: value for name, value in os.environ.items() if name != "IGRT_CDS_POLICY_PATH"}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    if words.pop(0) != "igrt-cds":
        raise ValueError(f"{command!r} is no command of ours.")
    done = subprocess.run(
        [Path(sys.executable).parent / "igrt-cds", *words],
        cwd=ROOT,
        env={**environment, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return "\n".join(line.rstrip() for line in (done.stdout + done.stderr).splitlines())


def main(arguments: list[str]) -> int:
    """Rewrite the pages, or check them."""
    stale = []
    for page in pages():
        text = page.read_text("utf-8")
        new = rewritten(text)
        if new != text:
            stale.append(page.relative_to(ROOT).as_posix())
            if "--check" not in arguments:
                page.write_text(new, "utf-8")
    word = "stale" if "--check" in arguments else "rewritten"
    print(f"{len(pages())} pages, {len(stale)} {word}{': ' if stale else ''}{', '.join(stale)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
