"""Synthetic bulk exports of any size, with faults that are planted by the rulebook's words and listed.

Nobody in them exists. Nothing here asks the engine: what is planted, and what is clean, is read from the rulebook.
"""

from fhir_fixtures.bulk.export import PLANTED, write_export

__all__ = ["PLANTED", "write_export"]
