from dataclasses import replace
import pytest
from cds_service.books import POLICIES, standard_library
from cds_service.engine.cases import Report, read_case_files, run_cases
from cds_service.engine.loader import case_files
from cds_service.facts.given import build_case
from cds_service.facts.given_edits import build_edits
from cds_service.facts.views import CaseView

@pytest.mark.parametrize(("path", "name"), case_files([POLICIES]), ids=lambda v: str(v)[-40:])
def test_cases(path, name):
    lib = standard_library()
    rep = Report()
    read = read_case_files([(path, name)], lib.engine, rep)
    out = run_cases(read, lib.engine, lambda g, d: CaseView(build_case(g, d), replace(lib.knowledge, edits=build_edits(g))))
    assert not rep.problems and not out.problems
