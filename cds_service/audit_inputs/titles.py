"""How titles of columns are compared: letters and digits alone, and with the short forms that exports use spelt out."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"[^a-z0-9]+")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[A-Z]")
_SHORT = {
    "acct": "account",
    "amt": "amount",
    "amnt": "amount",
    "cd": "code",
    "chg": "charge",
    "chrg": "charge",
    "chgs": "charges",
    "diag": "diagnosis",
    "dt": "date",
    "dx": "diagnosis",
    "enc": "encounter",
    "fac": "facility",
    "fin": "financial",
    "frm": "from",
    "ins": "insurance",
    "loc": "location",
    "mod": "modifier",
    "mods": "modifiers",
    "nbr": "number",
    "no": "number",
    "num": "number",
    "pat": "patient",
    "payor": "payer",
    "pri": "primary",
    "prim": "primary",
    "proc": "procedure",
    "procs": "procedures",
    "prov": "provider",
    "pt": "patient",
    "px": "procedure",
    "qty": "quantity",
    "rend": "rendering",
    "serv": "service",
    "srv": "service",
    "srvc": "service",
    "svc": "service",
    "thru": "through",
}


def plain(title: str) -> str:
    """A title as titles are compared first: letters and digits in lower case; "#" counts as "number"."""
    return _PUNCTUATION.sub("", title.lower().replace("#", " number "))


def spelt_out(title: str) -> str:
    """A title with its short forms spelt out, and a number in its middle at the end: `Pri Dx 1 Cd` and
    `PrimaryDiagnosisCode1` are one."""
    words = [word.lower() for word in _WORDS.findall(title.replace("#", " number "))]
    long = [_SHORT.get(word, word) for word in words]
    numbers = [word for word in long if word.isdigit()]
    if len(numbers) == 1:  # two of them: one may be a revision, as in ICD-10
        long = [word for word in long if not word.isdigit()] + numbers
    return "".join(long)
