"""The Spark session of an audit: what spark-submit set up, else this machine."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from cds_service.audit.errors import AuditError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def session_of(workers: int) -> SparkSession:
    """The session to audit with; without a cluster `workers` threads of this machine.

    Raises:
        AuditError: PySpark or Java is not there.
    """
    try:
        from pyspark import SparkConf
        from pyspark.sql import SparkSession
    except ImportError:
        raise AuditError("--engine spark", "needs PySpark.", "Install igrt-cds[spark].") from None
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise AuditError("--engine spark", "needs Java 17 or later.", "Install it, or set JAVA_HOME.")
    conf = SparkConf().set("spark.ui.showConsoleProgress", "false")
    if not _submitted():
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        conf.setMaster(f"local[{max(workers, 1)}]").setAppName("igrt-cds audit")
        conf.set("spark.ui.enabled", "false")
        conf.set("spark.driver.bindAddress", "127.0.0.1").set("spark.driver.host", "127.0.0.1")
    session = SparkSession.builder.config(conf=conf).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _submitted() -> bool:
    """Whether spark-submit started this program, or has its arguments by the environment: then it knows where to run.

    What it set cannot be asked of a SparkConf, which is empty until Java runs.
    """
    return "PYSPARK_GATEWAY_PORT" in os.environ or "PYSPARK_SUBMIT_ARGS" in os.environ
