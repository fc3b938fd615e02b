"""Data: dated billing codes, named sets and the code tables of the readers."""
