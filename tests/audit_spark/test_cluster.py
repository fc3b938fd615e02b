"""`spark-submit` on a cluster of two executors, each a Java process with Python workers of its own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pyspark

from cds_service.audit.run import Request, audit
from fhir_fixtures.bulk import write_export
from tests.audit.running import DAY, Quiet
from tests.conftest import ROOT

MANUAL = ROOT / "docs/audit-spark.md"
SUBMIT = Path(sys.executable).with_name("spark-submit")


def launcher(folder: Path) -> Path:
    """The program that the manual has its reader write, written by the manual's own line."""
    (line,) = re.findall(r"^printf .*> igrt-cds\.py.*$", MANUAL.read_text(), re.M)
    subprocess.run(["/bin/sh", "-c", line.partition("#")[0]], cwd=folder, check=True)
    return folder / "igrt-cds.py"


def test_a_cluster_that_spark_submit_names_does_the_work(java: None, tmp_path: Path) -> None:
    export, events = tmp_path / "export", tmp_path / "events"
    write_export(export, 8, 5)
    events.mkdir()
    settings = {
        "spark.executor.memory": "512m",
        "spark.ui.enabled": "false",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": events.as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.pyspark.python": sys.executable,
    }
    command = [str(SUBMIT), "--master", "local-cluster[2,1,1024]"]
    command += [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    command += [str(launcher(tmp_path)), "audit", str(export), "--output", str(tmp_path / "spark")]
    command += ["--engine", "spark", "--as-of", DAY.isoformat()]
    around = {name: str(tmp_path / "scratch") for name in ("SPARK_WORKER_DIR", "SPARK_LOCAL_DIRS")}
    around["PATH"] = os.pathsep.join((str(SUBMIT.parent), os.environ["PATH"]))  # as in an active environment
    work = Path(pyspark.__file__).with_name(
        "work"
    )  # of the executors, and nobody else is asked where it should be
    before = set(work.glob("*"))
    done = subprocess.run(
        command, env=os.environ | around, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    for left in set(work.glob("*")) - before:
        shutil.rmtree(left)
    assert done.returncode == 1, done.stderr  # findings

    audit(Request((export,), tmp_path / "local", as_of=DAY), Quiet())
    found = [(tmp_path / name / "findings.ndjson").read_bytes() for name in ("local", "spark")]
    assert found[0]
    assert found[0] == found[1]

    (log,) = events.iterdir()
    told = [json.loads(line) for line in log.read_text().splitlines()]
    hosts = {event["Executor ID"] for event in told if event["Event"] == "SparkListenerExecutorAdded"}
    judged = [e["Task Info"]["Executor ID"] for e in told if e["Event"] == "SparkListenerTaskEnd"]
    assert hosts == {"0", "1"}
    assert judged
    assert set(judged) <= hosts, "the driver did it itself"


def test_the_manual_submits_the_program_that_it_has_written() -> None:
    (block,) = [text for text in MANUAL.read_text().split("```") if "spark-submit --master" in text]
    words = shlex.split(block[block.index("spark-submit") :].replace("\\\n", " "))
    program = words.index("igrt-cds.py")
    assert words[program + 1] == "audit"
    assert all(word.startswith("--") for word in words[1:program:2]), "an option that is none"
