"""Fuzzing of the service, its gate, its FHIR readers and its policy loader: `python -m scripts.fuzz`."""
