"""Data: one folder a payer or society, with its register, dated rules and cases."""
