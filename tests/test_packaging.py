"""The wheel holds every file of the packages, and the locks hold everything that pyproject.toml asks for."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT

PACKAGES = ("cds_service", "cards", "fhir_fixtures")
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock", "requirements-sbom.lock")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out], cwd=ROOT, check=True
    )
    (wheel,) = out.glob("*.whl")
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_on_disk() -> set[str]:
    return {
        file.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def pins(lock: str) -> dict[str, Version]:
    """Name to version of each pin, each of which has to carry a hash."""
    found: dict[str, Version] = {}
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8"))[1:]:
        pin = Requirement(block.split("\\")[0].strip())
        assert "--hash=sha256:" in block, f"{lock}: {pin.name} has no hash"
        (specifier,) = pin.specifier
        found[canonicalize_name(pin.name)] = Version(specifier.version)
    return found


def group(project: dict[str, Any], name: str) -> list[str]:
    """The requirements of a dependency group, included groups and all."""
    wanted: list[str] = []
    for entry in project["dependency-groups"][name]:
        wanted += [entry] if isinstance(entry, str) else group(project, entry["include-group"])
    return wanted


def test_wheel_holds_every_file_of_the_packages(wheel_files: set[str]) -> None:
    assert files_on_disk() - wheel_files == set()


def test_wheel_holds_packages_and_metadata_only(wheel_files: set[str], project: dict[str, Any]) -> None:
    metadata = f"igrt_cds-{project['project']['version']}.dist-info"
    assert {name.split("/")[0] for name in wheel_files} == {*PACKAGES, metadata}
    assert {f"{metadata}/licenses/{name}" for name in ("LICENSE", "NOTICE")} <= wheel_files


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("requirements.lock", []),
        ("requirements-dev.lock", ["dev"]),
        ("requirements-build.lock", ["build"]),
        ("requirements-sbom.lock", ["sbom"]),
    ],
)
def test_lock_satisfies_what_the_project_asks_for(
    project: dict[str, Any], lock: str, groups: list[str]
) -> None:
    wanted = [requirement for name in groups for requirement in group(project, name)]
    if lock not in ("requirements-build.lock", "requirements-sbom.lock"):
        wanted += project["project"]["dependencies"]
    pinned = pins(lock)
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{lock} lacks {requirement.name}: run make lock"
        assert requirement.specifier.contains(version), (
            f"{lock} pins {requirement.name} {version}: run make lock"
        )


def test_locks_agree_on_versions() -> None:
    developer = pins("requirements-dev.lock")
    for lock in ("requirements.lock", "requirements-build.lock"):
        assert {name: developer.get(name) for name in pins(lock)} == pins(lock)
    apart = pins("requirements-sbom.lock")
    assert {name: developer[name] for name in apart if name in developer} == {
        name: version for name, version in apart.items() if name in developer
    }


def test_nothing_that_doubles_each_start_is_among_what_developers_install() -> None:
    """A grammar of addresses, which `jsonschema` reads at import where it is installed, takes a second."""
    assert {"fqdn", "rfc3987-syntax"} & pins("requirements-dev.lock").keys() == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"://|--(?:index|extra-index|find-links|trusted-host)\S*", text) == []


def test_build_backend_is_in_the_build_group(project: dict[str, Any]) -> None:
    assert project["build-system"]["requires"] == group(project, "build")


def test_each_dependency_is_justified(project: dict[str, Any]) -> None:
    text = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    wanted = [*project["project"]["dependencies"], *group(project, "dev"), *group(project, "sbom")]
    assert {
        name for name in (Requirement(entry).name for entry in wanted) if f"`{name}`" not in text
    } == set()


def test_scripts_are_executable() -> None:
    scripts = [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci" / "run"]
    assert [str(path) for path in scripts if not path.stat().st_mode & 0o100] == []


def test_command_is_installed_beside_the_interpreter() -> None:
    command = Path(sys.executable).parent / "igrt-cds"
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("serve", "check", "policies", "catalogue"):
        assert name in done.stdout
