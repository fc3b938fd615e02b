"""Files in the forms in which CMS publishes them: text, workbook, archive."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from cds_service.books import CATALOGUES
from cds_service.cms_files.importing import Imported, Wanted, codes_of, read_files
from cds_service.cms_files.letters import EditFilesError
from cds_service.engine.catalogue import load_catalogue

SAMPLES = Path(__file__).parent / "samples"
CODES = codes_of(load_catalogue(CATALOGUES))

PRACTITIONER = ("ccipra-v323r0-f1.TXT", "ccipra-v323r0-f2.txt")
HOSPITAL = ("ccioph-v323r0-f1.txt", "ccioph-v323r0-f2.txt")
LIMITS = "MCR_MUE_PractitionerServices_Eff_10-01-2026.csv"
HOSPITAL_LIMITS = "MCR_MUE_OutpatientHospitalServices_Eff_10-01-2026.csv"
MEDICAID = "medicaid-ncci-2026-q4-ptp-edits-practitioner-services.txt"
MEDICAID_LIMITS = "medicaid-ncci-2026-q4-mue-edits-practitioner-services.txt"
ALL = (*PRACTITIONER, *HOSPITAL, LIMITS, HOSPITAL_LIMITS, MEDICAID, MEDICAID_LIMITS)

PAIR_HEAD = (
    ("Copyright note", "", "", "", "", "", ""),
    ("Column1/Column2 Edits", "", "", "", "", "", ""),
    ("Column 1", "Column 2", "*=in existence", "Effective", "Deletion", "Modifier", "PTP Edit Rationale"),
    ("", "", "prior to 1996", "Date", "Date", "0=not allowed", ""),
    ("", "", "", "", "*=no data", "1=allowed", ""),
    ("", "", "", "", "", "9=not applicable", ""),
)
UNIT_HEAD = (
    ("Copyright note", "", "", ""),
    ("HCPCS/\nCPT Code", "Practitioner Services MUE Values", "MUE Adjudication Indicator", "MUE Rationale"),
)
PAIR = ("77306", "77300", "", "20150101", "*", "0", "CPT Manual or CMS manual coding instruction")
UNIT = ("77336", "1", "2 Date of Service Edit: Policy", "Code Descriptor / CPT Instruction")


def sample(name: str) -> Path:
    """One of the samples."""
    return SAMPLES / name


def samples(*names: str) -> list[Path]:
    """Several of the samples; all of them when none is named."""
    return [sample(name) for name in names or ALL]


def read(*paths: Path, **wanted: object) -> tuple[Imported, ...]:
    """The tables in these files."""
    return read_files(list(paths), Wanted(**wanted), CODES)  # type: ignore[arg-type]


def letters(*paths: Path, **wanted: object) -> list[str]:
    """The letters about these files, which cannot be imported."""
    try:
        read(*paths, **wanted)
    except EditFilesError as error:
        return error.lines()
    raise AssertionError("nothing was refused")


def tabbed(rows: Iterable[Sequence[str]]) -> bytes:
    """Tab-separated, as the pair edits are."""
    return "".join("\t".join(row) + "\r\n" for row in rows).encode("latin-1")


def quoted(rows: Iterable[Sequence[str]]) -> bytes:
    """Comma-separated with every cell in quotes."""
    lines = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "".join(line + "\r\n" for line in lines).encode("latin-1")


def pair_text(*rows: Sequence[str]) -> bytes:
    """A table of pairs as text."""
    return tabbed((*PAIR_HEAD, *rows))


def unit_text(*rows: Sequence[str]) -> bytes:
    """A table of unit limits as text."""
    return quoted((*UNIT_HEAD, *rows))


def archive(members: Mapping[str, bytes]) -> bytes:
    """A .zip."""
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return made.getvalue()


def workbook(rows: Sequence[Sequence[str | int]], **parts: str) -> bytes:
    """An .xlsx with one sheet: texts are shared, numbers are numbers, empty cells are left out.

    `parts` replace whole files of it: `sheet` and `texts`.
    """
    texts: dict[str, int] = {}
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for place, cell in enumerate(row):
            name = f"{chr(65 + place)}{number}"
            if isinstance(cell, int):
                cells.append(f'<c r="{name}"><v>{cell}</v></c>')
            elif cell:
                shared = texts.setdefault(cell, len(texts))
                cells.append(f'<c r="{name}" s="1" t="s"><v>{shared}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    start = '<?xml version="1.0" encoding="UTF-8"?>\n'
    shared_texts = "".join(
        f"<si><t>{escape(text)}</t><rPh sb='0' eb='1'><t>said</t></rPh></si>" for text in texts
    )
    members = {
        "[Content_Types].xml": start + "<Types/>",
        "xl/workbook.xml": start + "<workbook/>",
        "xl/sharedStrings.xml": parts.get("texts", f"{start}<sst xmlns='{space}'>{shared_texts}</sst>"),
        "xl/worksheets/sheet1.xml": parts.get(
            "sheet", f"{start}<worksheet xmlns='{space}'><sheetData>{''.join(lines)}</sheetData></worksheet>"
        ),
    }
    return archive({name: text.encode() for name, text in members.items()})


def cells_of(path: Path) -> list[list[str]]:
    """The cells of a sample, for other containers."""
    delimiter = "," if path.suffix.lower() == ".csv" else "\t"
    with path.open(encoding="latin-1", newline="") as handle:
        return list(csv.reader(handle, delimiter=delimiter))
