"""Synthetic FHIR R4 fixtures: CDS Hooks requests, Claims and orders, each with its story."""

from fhir_fixtures.catalogue import Expected, ExpectedFinding, FixtureError, Story, load, names, stories

__all__ = ["Expected", "ExpectedFinding", "FixtureError", "Story", "load", "names", "stories"]
