"""Who may call, with which keys, from which pages, and which FHIR servers belong to them."""
