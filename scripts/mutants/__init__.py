"""Changes policies in small ways and sees whether the cases beside them notice."""
