"""How much of a table is read at most. CMS's own files stay far below; what is larger is no such file."""

from __future__ import annotations

MOST_ROWS = 6_000_000
MOST_KEPT = 200_000
LONGEST_RECORD = 1 << 16
"""Characters of a row, the copyright note in quotes included."""
