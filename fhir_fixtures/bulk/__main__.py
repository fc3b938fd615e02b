"""`python -m fhir_fixtures.bulk DIR --patients N --seed S`: a synthetic export with planted faults."""

import argparse
from pathlib import Path

from fhir_fixtures.bulk.export import write_export

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m fhir_fixtures.bulk", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--patients", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write_export(options.folder, options.patients, options.seed)
