"""What tests of the audit share."""

from __future__ import annotations

import pytest

from cds_service.books import Library, standard_library


@pytest.fixture(scope="session")
def library() -> Library:
    return standard_library()
