"""Which claim a replacement or void of an 837 takes back, whatever files hold them."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import pytest

from cds_service.audit_inputs import records
from tests.audit.running import rows_in, run, write_ndjson
from tests.audit_inputs.support import sorted_out

REPLACED = "set-aside: replaced by a later claim"
AGAIN = "set-aside: sent again later, with the same lines"
MEDICARE, HUMANA = ("MEDICARE PART B FLORIDA", "09102", "MB"), ("HUMANA", "61101", "16")
OWN, OTHER = "1204517804", "1301972436"


class Line(NamedTuple):
    code: str
    charge: int
    day: str = "03"
    units: int = 1


def days(*services: tuple[str, int]) -> tuple[Line, ...]:
    """These codes and charges on two days of March 2025."""
    return tuple(Line(code, charge, day) for day in ("03", "04") for code, charge in services)


WRONG = days(("G6015", 600), ("77387", 120))
"""Medicare has no value for 77387: a finding."""
RIGHT = days(("G6015", 600))
IMAGING = days(("77014", 150))


class Sent(NamedTuple):
    """A professional claim in an interchange of its own."""

    interchange: int
    lines: tuple[Line, ...]
    made: str
    frequency: str = "1"
    number: str = "SYN-ACCOUNT"
    payer: tuple[str, str, str] = MEDICARE
    order: str = "P"
    biller: str = OWN
    total: int | None = None
    dated: bool = True

    @property
    def name(self) -> str:
        return f"{self.number}.{self.interchange}"

    @property
    def text(self) -> str:
        """The interchange; `made` is a day of 2025, with a time or without."""
        day, _, clock = self.made.partition(" ")
        name, code, business = self.payer
        total = sum(line.charge for line in self.lines) if self.total is None else self.total
        body = [
            "ST*837*0001*005010X222A1",
            f"BHT*0019*00*SYN{self.interchange}*2025{day}*{clock}*CH",
            "HL*1**20*1",
            f"NM1*85*2*SYNTHETIC CLINIC{f'*****XX*{self.biller}' if self.biller else ''}",
            "N4*TESTVILLE*FL*333330000",
            "HL*2*1*22*0",
            f"SBR*{self.order}*18*******{business}",
            "NM1*IL*1*SYNTHETIC*ALPHA****MI*SYNMEMBER1",
            f"NM1*PR*2*{name}{f'*****PI*{code}' if code else ''}",
            f"CLM*{self.number}*{total}***11:B:{self.frequency}*Y*A*Y*Y",
            "HI*ABK:C61",
        ]
        for place, line in enumerate(self.lines, start=1):
            body += [f"LX*{place}", f"SV1*HC:{line.code}*{line.charge}*UN*{line.units}***1"]
            body += [f"DTP*472*D8*202503{line.day}"] if self.dated else []
        head = (
            "ISA*00*          *00*          *ZZ*SYNTHETICSENDER*ZZ*SYNTHETICPAYER "
            f"*25{day}*1200*^*00501*{self.interchange:09}*0*T*:",
            f"GS*HC*S*R*2025{day}*1200*{self.interchange}*X*005010X222A1",
        )
        tail = (f"SE*{len(body) + 1}*0001", f"GE*1*{self.interchange}", f"IEA*1*{self.interchange:09}")
        return "".join(f"{segment}~\n" for segment in (*head, *body, *tail))


def audited(folder: Path, *files: tuple[Sent, ...] | Sent) -> tuple[list[str], dict[str, int]]:
    """Claims with findings beyond hints, and the counts of claims with their reasons, of an audit of these files."""
    export = folder / "export"
    export.mkdir(parents=True, exist_ok=True)
    for number, each in enumerate(files):
        claims = (each,) if isinstance(each, Sent) else each
        (export / f"{number}.837").write_text("".join(claim.text for claim in claims))
    manifest = run(export, folder / "out")
    assert manifest.bad_count == 0
    found = sorted(
        {row.claim.rpartition("/")[2] for row in rows_in(folder / "out") if row.severity != "info"}
    )
    return [".".join(name.split(".")[:2]) for name in found], manifest.claims | manifest.reasons


ORIGINAL = Sent(1, WRONG, "0308")


@pytest.mark.parametrize("number", ["SYN-ACCOUNT", "SYN-2"], ids=["its number", "a number of its own"])
@pytest.mark.parametrize(
    ("interchange", "made", "lines"),
    [
        (3, "0420", days(("G6015", 600), ("77387", 90))),
        (3, "0420", WRONG[1:]),
        (1, "0420 1500", days(("G6015", 600), ("77387", 90))),
        (1, "0420 1500", WRONG),
    ],
    ids=["another charge", "a line less", "by its time, another charge", "by its time, as before"],
)
def test_a_void_takes_back_the_claim_before_it_and_not_what_is_billed_anew_on_its_day(
    tmp_path: Path, interchange: int, made: str, lines: tuple[Line, ...], number: str
) -> None:
    clock = " 1200" if " " in made else ""
    void = Sent(2, WRONG, f"0420{clock}", "8", number)
    anew = Sent(interchange + 10, lines, made, number=number if number != "SYN-2" else "SYN-3")
    early = void._replace(interchange=12) if clock else void
    found, counts = audited(tmp_path, anew, early, ORIGINAL)
    assert found == [anew.name]
    assert counts.get(REPLACED, 0) + counts.get(AGAIN, 0) == 1


def test_a_void_under_a_new_number_takes_the_last_claim_of_its_lines(tmp_path: Path) -> None:
    later = Sent(2, WRONG, "0309", number="SYN-2")
    void = Sent(3, WRONG, "0420", "8", "SYN-3")
    found, counts = audited(tmp_path, later, void, ORIGINAL)
    assert found == [ORIGINAL.name]
    assert counts[REPLACED] == 1


@pytest.mark.parametrize(
    ("lines", "total", "taken"),
    [(WRONG[:1], 1440, True), (WRONG[:1], 600, False), (WRONG[:3], 1320, False), (RIGHT, 1200, False)],
    ids=["its total", "another total", "a line less", "other lines"],
)
def test_a_void_under_a_new_number_has_the_lines_or_the_total_of_its_claim(
    tmp_path: Path, lines: tuple[Line, ...], total: int, taken: bool
) -> None:
    void = Sent(2, lines, "0420", "8", "SYN-2", total=total)
    original = ORIGINAL._replace(lines=tuple(line._replace(day="03") for line in WRONG[:2]) + WRONG[2:])
    same_days = void._replace(lines=(*lines[:-1], lines[-1]._replace(day="03"), Line("A4550", 0, "04")))
    found, counts = audited(tmp_path, original, same_days if len(lines) == 1 else void)
    assert found == ([] if taken else [original.name])
    assert counts.get(REPLACED, 0) == taken


@pytest.mark.parametrize("frequency", ["7", "8"])
@pytest.mark.parametrize("number", ["SYN-ACCOUNT", "SYN-2"], ids=["its number", "a number of its own"])
@pytest.mark.parametrize("own", [OWN, ""], ids=["known", "unknown"])
def test_a_replacement_or_void_leaves_what_another_biller_sent(
    tmp_path: Path, frequency: str, number: str, own: str
) -> None:
    taker = Sent(2, WRONG if frequency == "8" else RIGHT, "0420", frequency, number, biller=own)
    found, counts = audited(tmp_path, taker, ORIGINAL._replace(biller=OTHER))
    assert found == ([ORIGINAL.name] if own else [])
    assert counts.get(REPLACED, 0) == (not own)


@pytest.mark.parametrize(
    "taker",
    [Sent(3, RIGHT, "0415", "7"), Sent(3, WRONG, "0415", "8"), Sent(3, WRONG, "0415", "8", dated=False)],
    ids=["replacement", "void", "void without days, by its total"],
)
@pytest.mark.parametrize("imaged", ["0315", "0301"], ids=["later", "before"])
def test_of_claims_under_one_number_the_one_with_most_lines_in_common_is_taken_back(
    tmp_path: Path, taker: Sent, imaged: str
) -> None:
    imaging = Sent(2, IMAGING, imaged)
    found, counts = audited(tmp_path, ORIGINAL, imaging, taker)
    assert found == []
    assert counts[REPLACED] == 1


def test_a_void_of_two_claims_with_its_services_takes_the_one_of_its_total(tmp_path: Path) -> None:
    cheaper = Sent(2, days(("G6015", 500), ("77387", 100)), "0309")
    void = Sent(3, WRONG, "0415", "8", dated=False)
    found, _ = audited(tmp_path, ORIGINAL, cheaper, void)
    assert found == [cheaper.name]


def test_a_void_that_went_out_twice_takes_back_one_claim(tmp_path: Path) -> None:
    voids = [Sent(number, WRONG, "0415", "8") for number in (3, 4)]
    other = Sent(2, days(("77387", 120), ("77014", 150)), "0315")
    found, counts = audited(tmp_path, ORIGINAL, other, *voids)
    assert found == [other.name]
    assert counts[REPLACED] == 2, "the claim, and the first void"


def test_a_claim_is_taken_back_once(tmp_path: Path) -> None:
    """A replacement, and one of that: its lines are more like those of the original."""
    first = Sent(2, WRONG[:3], "0315", "7")
    found, counts = audited(tmp_path, ORIGINAL, first, Sent(3, WRONG, "0415", "7"))
    assert found == [f"{ORIGINAL.number}.3"]
    assert counts[REPLACED] == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("MEDICARE PART B FLORIDA", "", "MB"), MEDICARE),
        (("MEDICARE B FL", "09102", "MB"), MEDICARE),
    ],
    ids=["name, where one has no number", "number"],
)
def test_its_own_payer_is_told_by_number_else_by_name(
    tmp_path: Path, first: tuple[str, str, str], second: tuple[str, str, str]
) -> None:
    secondary = Sent(2, WRONG, "0320", payer=HUMANA, order="S")
    taker = Sent(3, RIGHT, "0415", "7", payer=second)
    found, _ = audited(tmp_path, ORIGINAL._replace(payer=first), secondary, taker)
    assert found == [secondary.name]


def test_a_replacement_meets_its_claim_in_an_export_too(tmp_path: Path) -> None:
    """The billing system has the same claim, under the same number, and no transaction."""
    sent, taker = tmp_path / "sent.837", Sent(3, RIGHT, "0415", "7")
    sent.write_text(ORIGINAL.text)
    ((claim,), _) = sorted_out(records(sent))
    exported = claim | {"id": "exported", "identifier": [{"value": ORIGINAL.number}]}
    for folder, files, found in (("alone", [], ["exported"]), ("replaced", [taker], [])):
        write_ndjson(tmp_path / folder / "export", [exported])
        assert audited(tmp_path / folder, *files)[0] == found


def test_neither_files_nor_their_order_decide(tmp_path: Path) -> None:
    """A replacement and a void under the number that claims to two payers and other services have too."""
    secondary = Sent(2, WRONG, "0320", payer=HUMANA, order="S")
    claims = (ORIGINAL, secondary, Sent(3, IMAGING, "0322"), Sent(4, RIGHT, "0415", "7"))
    expected = ([secondary.name], 1)
    for number, order in enumerate(permutations(claims)):
        if number % 5 == 0:
            for name, files in (("one", [order]), ("each", order), ("two", [order[:2], order[2:]])):
                found, counts = audited(tmp_path / f"{number}-{name}", *files)
                assert (found, counts[REPLACED]) == expected, (name, [each.interchange for each in order])
