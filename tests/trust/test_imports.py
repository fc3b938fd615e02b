"""What reads the registry may not bring the metrics along: they decide at their import how workers add up."""

from __future__ import annotations

import subprocess
import sys


def test_the_command_and_the_registry_load_no_metrics() -> None:
    code = "import sys, cds_service.cli.main; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
