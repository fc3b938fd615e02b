"""Every fact that policies can ask about, gathered from the modules that define them (`igrt-cds policies facts`)."""

from __future__ import annotations

from cds_service.facts import line_facts, payer_facts, unit_facts
from cds_service.facts.registry import VOCABULARY

MODULES = (unit_facts, line_facts, payer_facts)
"""Importing a module registers its facts."""

__all__ = ["MODULES", "VOCABULARY"]
