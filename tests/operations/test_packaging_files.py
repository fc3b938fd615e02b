"""Dockerfile and compose.yaml, read as text: no Docker engine is asked for (T26)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_service.cli import servers
from cds_service.cli.doctor_threads import threads_needed
from cds_service.environment import read_settings, table
from cds_service.settings import Settings
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX_CONF = (ROOT / "deploy" / "nginx" / "nginx.conf").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_hardened(name: str) -> None:
    made = SERVICES[name]
    assert made["read_only"] is True
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in made
    assert "cap_add" not in made
    assert made["mem_limit"]
    assert made["pids_limit"]
    user = str(made.get("user") or re.findall(r"(?m)^USER (\S+)$", DOCKERFILE)[-1])
    assert int(user.partition(":")[0]) > 0


def test_only_the_proxy_is_reached_from_outside_and_the_database_reaches_nobody() -> None:
    assert [name for name, made in SERVICES.items() if "ports" in made] == ["proxy"]
    assert SERVICES["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert "inside" not in SERVICES["proxy"]["networks"]


def test_secrets_come_by_file_and_each_is_declared() -> None:
    used = {secret for made in SERVICES.values() for secret in made.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])
    for made in SERVICES.values():
        for name, value in made.get("environment", {}).items():
            assert not re.search(r"PASSWORD$|_KEY$|DATABASE_URL$", name), name
            assert "password" not in str(value).replace("/run/secrets/database_password", "")


def test_no_health_check_needs_a_tool_that_the_image_lacks() -> None:
    checks = [" ".join(made["healthcheck"]["test"]) for made in SERVICES.values() if "healthcheck" in made]
    checks += re.findall(r"HEALTHCHECK[^\n]*\\\n\s*(CMD[^\n]*)", DOCKERFILE)
    assert len(checks) == 3
    assert [check for check in checks if "curl" in check or "wget" in check] == []


def test_the_database_is_well_only_once_it_takes_connections_by_network() -> None:
    """While the image sets up a new database a passing server answers on the socket, and is stopped again."""
    check = SERVICES["database"]["healthcheck"]["test"]
    assert check[check.index("--host") + 1] == "127.0.0.1"


def test_the_proxy_asks_again_where_the_service_is() -> None:
    """A service that was started again had another address, and the proxy answered 503 for good."""
    conf = (ROOT / "deploy" / "nginx" / "upstream.conf").read_text()
    assert re.search(r"server service:8080 resolve\b", conf)
    assert re.search(r"resolver 127\.0\.0\.11 valid=\ds", conf)
    assert re.search(r"zone \w+ \d+k;", conf), "without shared memory nginx refuses `resolve`"


def test_the_store_of_the_image_is_where_it_may_write() -> None:
    """Docker gives a user that /etc/passwd does not know / as its home."""
    assert re.search(r"(?m)^ENV (?:.*\\\n)*.*\bHOME=/data$", DOCKERFILE)
    assert re.search(r"(?m)^VOLUME /data$", DOCKERFILE)


def test_settings_that_need_an_extra_are_not_offered_by_the_image() -> None:
    assert "opentelemetry" in (ROOT / "requirements-dev.lock").read_text()
    assert "opentelemetry" not in (ROOT / "requirements.lock").read_text()
    assert "IGRT_CDS_OTEL_ENDPOINT" not in SERVICES["service"]["environment"]


def test_the_files_that_the_manual_makes_are_those_that_compose_wants(tmp_path: Path) -> None:
    """The commands of docs/deploy.md as they stand there, in a folder with a certificate of one's own."""
    text = (ROOT / "docs" / "deploy.md").read_text()
    commands = re.findall(r"## What has to be there first\n\n```sh\n(.*?)```", text, re.DOTALL)[0]
    for name in ("certificate", "key"):
        (tmp_path / f"your-{name}.pem").write_text(f"synthetic {name}\n")
    subprocess.run(["sh", "-euc", commands], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    for name, secret in COMPOSE["secrets"].items():
        file = tmp_path / secret["file"]
        assert file.stat().st_mode & 0o777 == 0o444, name
        assert file.read_text().strip(), name
    password = (tmp_path / COMPOSE["secrets"]["database_password"]["file"]).read_text().strip()
    assert re.fullmatch(r"[0-9a-f]{48}", password)
    url = (tmp_path / COMPOSE["secrets"]["database_url"]["file"]).read_text()
    assert url == f"postgresql+psycopg://igrt_cds:{password}@database/igrt_cds"


def test_settings_of_the_service_exist_and_are_usable() -> None:
    known = {row.variable for row in table()} | {f"{row.variable}_FILE" for row in table() if row.secret}
    given = SERVICES["service"]["environment"]
    assert set(given) <= known
    assert settings_of_the_service().proxies == 1


def settings_of_the_service(**more: str) -> Settings:
    """Those that compose.yaml gives as plain text, and the defaults of the others."""
    given = SERVICES["service"]["environment"]
    plain = {name: value for name, value in given.items() if "$" not in value and not name.endswith("_FILE")}
    return read_settings(plain | more)


@pytest.mark.parametrize("workers", [None, 4], ids=["workers as shipped", "as many as compose.yaml says"])
def test_the_service_may_have_the_threads_that_it_can_need(workers: int | None) -> None:
    """256 were less than two workers have while FHIR servers are silent: both ended with all their calls."""
    settings = settings_of_the_service(**({"IGRT_CDS_WORKERS": str(workers)} if workers else {}))
    assert SERVICES["service"]["pids_limit"] >= threads_needed(settings)


def test_the_proxy_may_have_the_processes_that_it_starts() -> None:
    """On a machine with many cores `auto` starts more than its container may have."""
    workers = re.findall(r"(?m)^worker_processes (\d+);$", NGINX_CONF)
    assert [int(number) for number in workers] == [2]
    assert SERVICES["proxy"]["pids_limit"] >= 2 + int(workers[0]) + 16


def test_it_stops_after_the_service_has_had_its_time() -> None:
    seconds = int(SERVICES["service"]["stop_grace_period"].removesuffix("s"))
    assert seconds > read_settings({}).drain


def test_the_image_installs_what_is_locked_and_runs_production() -> None:
    installs = re.findall(r"(?m)pip install[^\n]*", DOCKERFILE)
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-deps --no-index" in line for line in installs)
    assert DOCKERFILE.count("FROM ") == 3
    assert '"--production"' in DOCKERFILE.splitlines()[-1]
    assert re.findall(r"(?m)^(?:ADD|EXPOSE 22|USER root).*$", DOCKERFILE) == []


def test_the_proxy_logs_no_address_line_and_buffers_in_memory() -> None:
    conf = NGINX_CONF
    assert set(re.findall(r"\$(\w+)", re.findall(r"log_format.*?;", conf, re.DOTALL)[0])) == {
        *("time_iso8601", "status", "request_time", "upstream_response_time", "bytes_sent", "request_id")
    }
    size = int(re.findall(r"client_max_body_size (\d+)m", conf)[0])
    assert re.findall(r"client_body_buffer_size (\d+)m", conf) == [str(size)]
    assert size * 2**20 >= 2 * read_settings({}).max_body
    assert "proxy_max_temp_file_size 0;" in conf
    assert "proxy_request_buffering on;" in conf


def test_the_service_reads_every_header_that_the_proxy_passes_on() -> None:
    (size,) = re.findall(r"large_client_header_buffers \d+ (\d+)k;", NGINX_CONF)
    assert int(size) * 1024 <= servers._LONGEST_HEADER


def test_the_proxy_has_the_memory_for_all_that_it_takes_in() -> None:
    """The sum that stands in nginx.conf, of what stands there."""

    def figure(pattern: str) -> int:
        (found,) = re.findall(pattern, NGINX_CONF)
        return int(found)

    workers, each = figure(r"worker_processes (\d+);"), figure(r"worker_connections (\d+);")
    bodies = {name: figure(rf"limit_conn {name} (\d+);") for name in ("requests", "not_small", "large")}
    largest = figure(r"client_max_body_size (\d+)m;") * 2**20
    answers, answer = re.findall(r"proxy_buffers (\d+) (\d+)k;", NGINX_CONF)[0]
    threads = 2 * settings_of_the_service().threads
    parts = [
        workers * each * 70_000,
        bodies["requests"] * 100_000,
        bodies["not_small"] * 1_000_000,
        bodies["large"] * largest,
        threads * int(answers) * int(answer) * 1024,
    ]
    assert re.findall(r"(?m)(\d+) MB$", NGINX_CONF) == [
        f"{round(part / 1e6)}" for part in (*parts, sum(parts))
    ]
    assert SERVICES["proxy"]["mem_limit"] == "1g"
    assert sum(parts) + 2**27 < 2**30, "nginx itself needs some"


def test_the_audit_fails_when_it_cannot_reach_its_data() -> None:
    """T25: what `make audit` runs, with a data source that is not there."""
    audit = re.findall(r"(?m)^\t\$\(BIN\)/pip-audit (.*)$", (ROOT / "Makefile").read_text())[0].split()
    assert "--strict" in audit
    nowhere = ["--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:1/query"]
    command = [str(Path(sys.executable).parent / "pip-audit"), *audit, *nowhere]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0, done.stdout
