"""The files in which worker processes add up their metrics, told from whatever else lies in their folder.

Apart from `cds_service.metrics`, since prometheus-client must not be imported before the folder is named.
"""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"(?:counter|histogram|summary|gauge_[a-z]+)_[0-9]+\.db")
"""As prometheus-client names them: the kind of metric and the process (values.py, MultiProcessValue)."""


def metric_files(folder: Path) -> list[Path]:
    """The files of prometheus-client in this folder; a database may lie beside them."""
    return sorted(file for file in folder.glob("*.db") if _NAME.fullmatch(file.name))
