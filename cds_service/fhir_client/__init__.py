"""The one guarded way to a client's FHIR server: registered addresses, one budget, every answer checked."""
