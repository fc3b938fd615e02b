"""Where the policy book and the readers' knowledge come from: the package, and folders a site adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from cds_service.cms_files.store import edits_of
from cds_service.engine.cases import Build, Report, missing_cases, read_case_files, run_cases
from cds_service.engine.catalogue import load_catalogue
from cds_service.engine.doubt import graded
from cds_service.engine.evaluate import Engine
from cds_service.engine.explain import explain_case, with_doubt
from cds_service.engine.letters import Problem, did_you_mean
from cds_service.engine.loader import case_files as list_case_files
from cds_service.engine.loader import load_book
from cds_service.engine.model import Finding
from cds_service.engine.payer_checks import known_payers, known_programmes
from cds_service.engine.rule_checks import asks_of
from cds_service.engine.subjects import CaseLike
from cds_service.environment import setting
from cds_service.facts.document_types import NO_DOCUMENT_TYPES, DocumentTypes, read_document_types
from cds_service.facts.edits import NO_EDITS, EditIndex
from cds_service.facts.forms import DOCUMENT
from cds_service.facts.given import CaseError, build_case, given_documents
from cds_service.facts.given_edits import build_edits
from cds_service.facts.knowledge import Knowledge, load_knowledge
from cds_service.facts.views import CaseView
from cds_service.facts.vocabulary import VOCABULARY
from cds_service.settings import DOCUMENT_TYPES, LCD_IN_FORCE, SettingError

_HERE = Path(__file__).parent
POLICIES = _HERE / "policies"
CATALOGUES = _HERE / "catalogues"
POLICY_PATH = "IGRT_CDS_POLICY_PATH"
"""Environment variable: folders with further payers, separated as in PATH."""


@dataclass(frozen=True)
class Library:
    """A loaded book, compiled, with what the readers need. `state_rules` are the names of rules that ask the state."""

    engine: Engine
    knowledge: Knowledge
    state_rules: frozenset[str] = frozenset()

    def findings(self, view: CaseView) -> tuple[Finding, ...]:
        """What the book finds on these claims or orders; what only a doubtful record of theirs says is info at most."""
        found = self.engine.evaluate(view)
        sure = view.without_doubt()
        if sure is None:
            return found
        found = graded(found, self.engine.evaluate(sure))
        sure.close()
        return found

    def explain(self, view: CaseView, rule: str = "") -> list[dict[str, Any]]:
        """How the book comes to its findings (`engine.explain`), and to what without a doubtful record."""
        entries = explain_case(self.engine, view, rule)
        sure = view.without_doubt()
        return entries if sure is None else with_doubt(entries, explain_case(self.engine, sure, rule))


def policy_folders(environment: str | None = None) -> tuple[Path, ...]:
    """The package's policies and the folders named in IGRT_CDS_POLICY_PATH."""
    given = None if environment is None else {POLICY_PATH: environment}
    return (POLICIES, *setting("policy_path", given))


def lcd_in_force(environment: str | None = None) -> tuple[date, date] | None:
    """First and last day of IGRT_CDS_LCD_IN_FORCE, both included; None when nobody confirmed the text (rulebook 4).

    Raises:
        SettingError: when it is set to anything but two days in their order.
    """
    period: tuple[date, date] | None = setting(
        "lcd_in_force", None if environment is None else {LCD_IN_FORCE: environment}
    )
    return period


def imported_edits() -> EditIndex:
    """The edits in the catalogue that IGRT_CDS_CATALOGUE names; none when it names nothing.

    Raises:
        EditFilesError: what it names cannot be read.
    """
    catalogue: Path | None = setting("catalogue")
    return edits_of(catalogue) if catalogue else NO_EDITS


def document_types() -> DocumentTypes:
    """The mapping in the file that IGRT_CDS_DOCUMENT_TYPES names; empty when it names none (contract section 2).

    Raises:
        SettingError: with a letter for everything that is wrong with the file.
    """
    return document_types_of(setting("document_types"))


def document_types_of(file: Path | None) -> DocumentTypes:
    """The mapping in this file; empty without one.

    Raises:
        SettingError: with a letter for everything that is wrong with the file.
    """
    problems: list[Problem] = []
    found = read_document_types(file, problems) if file else NO_DOCUMENT_TYPES
    if problems:
        raise SettingError("\n".join(f"{DOCUMENT_TYPES}: {problem}" for problem in sorted(problems)))
    return found


def load_library(
    folders: Sequence[Path],
    confirmed: tuple[date, date] | None = None,
    edits: EditIndex = NO_EDITS,
    document_types: DocumentTypes = NO_DOCUMENT_TYPES,
) -> Library:
    """Load, check and compile. `confirmed` are the days for which the site has confirmed the Florida LCD text,
    `edits` those imported from CMS files, `document_types` the site's own codes of documents.

    Raises:
        PolicyError: with every problem of every file.
    """
    catalogue = load_catalogue(CATALOGUES)
    book = load_book(folders, catalogue, VOCABULARY)
    return Library(
        Engine(book),
        load_knowledge(CATALOGUES, catalogue, book.payers, confirmed, edits, document_types),
        frozenset(r.name for r in book.rules if any(ask.fact.name == "state" for _, ask, _ in asks_of(r))),
    )


@lru_cache(maxsize=1)
def standard_library() -> Library:
    """The library of this process, loaded once, with the settings of its environment.

    Raises:
        PolicyError: with every problem of every file.
        SettingError: for a setting that cannot be used.
        EditFilesError: IGRT_CDS_CATALOGUE names something that cannot be read.
    """
    return load_library(policy_folders(), lcd_in_force(), imported_edits(), document_types())


def library_with(catalogue: Path) -> Library:
    """As the standard library, with the edits of this catalogue.

    Raises:
        PolicyError: the policies cannot be used.
        SettingError: for a setting that cannot be used.
        EditFilesError: the catalogue cannot be read.
    """
    return load_library(policy_folders(), lcd_in_force(), edits_of(catalogue), document_types())


def run_policy_cases(library: Library, folders: Sequence[Path]) -> Report:
    """Run the cases beside the policies of `folders`; what rule versions lack is among the problems."""
    reading = Report()
    case_files = read_case_files(list_case_files(folders), library.engine, reading)

    report = run_cases(case_files, library.engine, case_builder(library))
    report.problems = [*reading.problems, *report.problems, *missing_cases(library.engine, report)]
    return report


def case_builder(library: Library) -> Build:
    """What makes of a case's `given` the case that the library's engine judges."""
    book = library.engine.book
    payers, programmes = known_payers(book), known_programmes(book)

    def build(given: Mapping[str, Any], day: date | None) -> CaseLike:
        # What is misspelt holds for no rule: every near miss would pass.
        payer = given.get("payer", "other")
        if payer not in payers:
            hint = did_you_mean(payer, payers)
            raise CaseError(f"has the payer {payer!r}, which no payer.yaml names. {hint}")
        for program in given.get("programs", ()):
            if program not in programmes:
                hint = did_you_mean(program, programmes)
                raise CaseError(f"has the programme {program!r}, which no payer.yaml names. {hint}")
        for slug in given_documents(given):
            if not DOCUMENT.fits(slug):
                raise CaseError(f"has the document {slug!r}, which no chart can hold. Use {DOCUMENT.about}.")
        # A case knows the edits that it names, whatever the site has imported.
        return CaseView(build_case(given, day), replace(library.knowledge, edits=build_edits(given)))

    return build


def run_own_cases(library: Library, own: Sequence[Path]) -> Report:
    """Run the cases beside the policies of `own`, and say what is missing there; the package's are left out."""
    report = run_policy_cases(library, own)
    names = {name for folder in own for path in folder.rglob("*") for name in _names(path, folder)}
    report.problems = [problem for problem in report.problems if problem.file in names]
    return report


def _names(path: Path, folder: Path) -> tuple[str, str]:
    return path.relative_to(folder).as_posix(), path.as_posix()
