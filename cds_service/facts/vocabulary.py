"""Every fact that policies can ask about, gathered from the modules that define them (`igrt-cds policies facts`)."""

from __future__ import annotations

from cds_service.facts import (
    clinical_facts,
    course_facts,
    edit_facts,
    imrt_facts,
    limit_facts,
    line_facts,
    payer_facts,
    record_facts,
    supervision_facts,
    treatment_facts,
    unit_facts,
)
from cds_service.facts.registry import VOCABULARY

MODULES = (
    unit_facts,
    clinical_facts,
    imrt_facts,
    record_facts,
    supervision_facts,
    line_facts,
    payer_facts,
    treatment_facts,
    course_facts,
    limit_facts,
    edit_facts,
)
"""Importing a module registers its facts."""

__all__ = ["MODULES", "VOCABULARY"]
