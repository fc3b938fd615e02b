"""Pure rule engine: a policy book and a case give findings. Knows nothing of FHIR, HTTP or the clock."""
