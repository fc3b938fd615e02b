"""From FHIR to facts: readers for claims and orders, derived facts, and the vocabulary that policies use."""
