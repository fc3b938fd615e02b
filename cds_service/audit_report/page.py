"""What the report says: the figures of a tally in words, ready for the template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cards.escape import plain
from cds_service.audit.workbooks import save_as_csv
from cds_service.audit_report.charts import Part, bar
from cds_service.audit_report.groups import months, payers, sites
from cds_service.audit_report.money import shown
from cds_service.audit_report.rule_views import cause_views, rule_views
from cds_service.audit_report.run import Run
from cds_service.audit_report.tally import Tally
from cds_service.audit_report.wording import counted, missing_words, month_words, unread_words, where_words

_FIRST = 5
"""Causes under "what to do first"."""
_MISSING_SHOWN = 15
_UNREAD_SHOWN = 50
_ASIDE_SHOWN = 8
_PARTS = (
    ("first", "What to do first"),
    ("month", "By month"),
    ("payer", "By payer"),
    ("site", "By site"),
    ("rule", "By rule, with samples"),
    ("missing", "Not enough information"),
    ("unread", "Not read"),
    ("about", "How to read this"),
)
_LEGEND = (("critical", "Critical"), ("warning", "Warning"))


def context(tally: Tally, run: Run, with_patients: bool) -> dict[str, Any]:
    """The values of the template."""
    currency = tally.currency
    at_stake = tally.whole.at_stake(currency)
    causes, first_share = cause_views(tally, _FIRST)
    rules = rule_views(tally, with_patients)
    for cause in causes:
        shown_below = any(sample["target"] == cause["target"] for sample in rules["samples"])
        cause["target"] = cause["target"] if shown_below else ""
    return {
        "title": "IGRT claim audit",
        "lead": _lead(tally, run),
        "parts": _PARTS,
        "tiles": _tiles(tally, run),
        "shares": _shares(tally, run),
        "causes": causes,
        "first_share": first_share,
        "gap": _gap(run),
        "nothing_note": "Hints stand below, by rule." if tally.whole.total else "",
        "months": months(tally),
        "severity_legend": [{"severity": s, "text": f"{t}: billed on these lines"} for s, t in _LEGEND],
        "payers": payers(tally),
        "sites": sites(tally),
        **rules,
        "privacy": ""
        if with_patients
        else "Samples name claims and lines, no patients and no dates of service.",
        "with_patients": with_patients,
        "missing": _missing(tally, run),
        "missing_lead": _missing_lead(tally, run),
        "unread": _unread(tally, run),
        "notes": list(_notes(tally, run)),
        "inputs": _inputs(run),
        "run": run.details,
        "keep_note": (
            "It holds patient data: keep it as you keep charts."
            if with_patients
            else "It names claims, so keep it inside your office."
        ),
        "at_stake": shown(at_stake, currency),
    }


def _lead(tally: Tally, run: Run) -> str:
    parts = []
    if tally.first:
        first, last = month_words(tally.first[:7]), month_words(tally.last[:7])
        dates = first if first == last else f"{first} to {last}"
        parts.append(f"Lines with findings are dated {dates}.")
    if run.day:
        parts.append(
            f"Judged as of {run.day} by the coverage and coding rules in force on each date of service."
        )
    return " ".join(parts) or "Claims checked against coverage and coding rules."


def _tiles(tally: Tally, run: Run) -> list[dict[str, str]]:
    currency = tally.currency
    serious = tally.claims["critical"] + tally.claims["warning"]
    serious_stakes = (tally.whole.stake["critical"], tally.whole.stake["warning"])
    others = dict.fromkeys(c for stake in serious_stakes for c in stake.currencies() if c != currency)
    more = f"on {counted(tally.whole.serious, 'critical or warning finding')}"
    if others:
        named = ", ".join(c or "no currency that is stated" for c in others)
        more += f"; amounts in {named} are not added"
    judged = run.judged or sum(tally.claims.values())
    share = f"{serious / judged:.1%} of those judged" if judged and run.judged else ""
    return [
        {"figure": shown(tally.whole.at_stake(currency), currency), "what": "at stake", "more": more},
        {
            "figure": f"{serious:,}",
            "what": "claims to act on",
            "more": "; ".join(filter(None, [f"{tally.claims['critical']:,} with a critical finding", share])),
        },
        {
            "figure": f"{judged:,}" if run.claims else "–",
            "what": "claims judged",
            "more": _not_judged(run),
        },
        {
            "figure": f"{run.unread_count:,}",
            "what": "not read",
            "more": "rows or resources; see below" if run.unread_count else "everything could be read",
        },
    ]


def _not_judged(run: Run) -> str:
    part = run.claims.get("not-enough-information", 0)
    told = [f"{part:,} of them in part only"] if part else []
    if run.silent:
        told.append(f"{counted(run.silent, 'further claim')} without a line that a rule speaks of")
    elif run.judged:
        told.append("every claim has a line that a rule speaks of")
    return "; ".join(told)


def _shares(tally: Tally, run: Run) -> dict[str, Any] | None:
    """Claims by their worst finding, as one bar; only when the manifest says how many there were.

    A claim of which too little is known may have findings all the same, and is shown by them.
    """
    judged = run.judged
    if not judged:
        return None
    unknown = _unknown_without_finding(tally, run)
    clean = run.claims.get("nothing-found", 0)
    shares = (
        ("critical", tally.claims["critical"], "with a critical finding"),
        ("warning", tally.claims["warning"], "with a warning"),
        ("info", tally.claims["info"], "with hints only"),
        ("clean", clean, "with nothing found"),
        ("unknown", unknown, "with not enough information to say"),
    )
    kept = [(severity, count, text) for severity, count, text in shares if count]
    return {
        "title": f"What became of {counted(judged, 'claim')}",
        "bar": bar([Part(s, n / judged, f"{n:,} {t}") for s, n, t in kept], 26),
        "legend": [{"severity": s, "text": f"{counted(n, 'claim')} {t}"} for s, n, t in kept],
    }


def _unknown_without_finding(tally: Tally, run: Run) -> int:
    """Claims of which too little is known, but for those with a question after it: they stand among the findings."""
    asked = sum(tally.claims.values()) - run.claims.get("found", 0)
    return max(run.claims.get("not-enough-information", 0) - max(asked, 0), 0)


def _missing(tally: Tally, run: Run) -> list[dict[str, Any]]:
    stopped = _stopped(run)
    names = [name for name, _ in tally.missing.most_common()][:_MISSING_SHOWN]
    names += [name for name in stopped if name not in names]
    top = max(tally.missing.values(), default=1)
    return [
        {
            "name": missing_words(name),
            "where": where_words(name),
            "count": f"{count:,}" if (count := tally.missing[name]) else "–",
            "bar": bar([Part("info", count / top, f"{count:,}")]) if count else "",
            "claims": f"{stopped[name]:,}" if name in stopped else "–",
        }
        for name in names
    ]


def _stopped(run: Run) -> dict[str, int]:
    """What kept claims from being judged in full, and how many, the most frequent first."""
    told = [(name.partition(": "), count) for name, count in run.reasons.items()]
    found = [(reason, count) for (status, _, reason), count in told if status == "not-enough-information"]
    return dict(sorted(found, key=lambda each: (-each[1], each[0])))


def _missing_lead(tally: Tally, run: Run) -> str:
    claims = _unknown_without_finding(tally, run)
    parts = [f"{counted(tally.claims_missing, 'claim')} with a finding that hangs on something unknown."]
    if claims:
        parts.append(
            f"Too little is known of {counted(claims, 'further claim')} to say that nothing is wrong."
        )
    return " ".join(parts)


def _gap(run: Run) -> dict[str, str] | None:
    """What to add so that more claims can be judged; None when all could be."""
    claims, stopped = run.claims.get("not-enough-information", 0), _stopped(run)
    if not claims or not stopped:
        return None
    name, count = next(iter(stopped.items()))
    what, where = missing_words(name), where_words(name)
    return {
        "lead": f"{claims:,} of the {counted(run.judged, 'claim')} judged could be judged in part only: too little is "
        "known to say that nothing is wrong.",
        "why": f"Most often not known ({count:,}): {what[:1].lower()}{what[1:]}."
        + (f" {where}." if where else ""),
    }


def _unread(tally: Tally, run: Run) -> dict[str, Any]:
    count = run.unread_count
    rows = [
        {
            "file": each.file,
            "place": ", ".join(part for part in (each.place, each.where) if part),
            "letter": " ".join(part for part in (each.what, each.remedy) if part),
        }
        for each in run.unread[:_UNREAD_SHOWN]
    ]
    more = [f"{count - len(rows):,} more like these."] if count > len(rows) else []
    if run.left_aside:
        names = ", ".join(run.left_aside[:_ASIDE_SHOWN])
        others = len(run.left_aside) - _ASIDE_SHOWN
        names += f" and {others:,} more" if others > 0 else ""
        more.append(
            f"Files of the folder that nothing here reads: {names}. {save_as_csv(run.left_aside)}".rstrip()
        )
    for each in run.inputs:
        titles, sheets = (_listed(each.get(name)) for name in ("unread", "sheets_aside"))
        void = each.get("void_lines")
        told = [str(t) for t in titles], [s for s in sheets if isinstance(s, int)]
        for words in unread_words(*told, void if isinstance(void, int) else 0):
            more.append(f"{each.get('name', '')}: {words}")
    if tally.unreadable:
        more.append(f"{counted(tally.unreadable, 'line')} of the findings file could not be read.")
    aside = run.claims.get("set-aside", 0)
    if aside:
        more.append(f"{counted(aside, 'claim')} set aside: {_aside(run)}.")
    return {
        "lead": ("Every row and resource could be read." if more else "Everything could be read.")
        if not count
        else f"{count:,} could not be read, and the rest was judged without them. "
        "Mend them and run the audit again with --restart.",
        "rows": rows,
        "caption": "What could not be read, without its content",
        "more": more,
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _aside(run: Run) -> str:
    told = [
        (name.partition(": ")[2], n)
        for name, n in sorted(run.reasons.items())
        if name.startswith("set-aside")
    ]
    return ", ".join(f"{count:,} {reason}" for reason, count in told) or "not to be judged"


def _notes(tally: Tally, run: Run) -> Iterator[str]:
    """What holds for this report alone."""
    lacking = tally.without_amount["critical"] + tally.without_amount["warning"]
    findings = counted(lacking, "critical or warning finding")
    yield (
        f"{findings} on lines that state no amount: they are counted, their money is not."
        if lacking
        else "Every line concerned states an amount."
    )
    if run.charges:
        yield (
            "Charges without claim numbers: those of one patient, month, payer, form and place count as a claim, which "
            "is called by its file and first row."
        )
    if run.claim_form:
        yield f"Claims of tables that do not say their form were read as {plain(run.claim_form, 20)}."


def _inputs(run: Run) -> list[dict[str, str]]:
    return [
        {
            "name": str(each.get("name", "")),
            "size": f"{each['size']:,}" if isinstance(each.get("size"), int) else "",
            "hash": str(each.get("sha256", "")),
        }
        for each in run.inputs
    ]
