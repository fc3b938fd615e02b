"""Proof of the rulebook: enumerates what the rules can tell apart, and shows what holds at every point of it."""
