"""`python -m benchmarks NAME`: measure, print a table, write it as JSON."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import ears, first_song, generation, identity, imports, jobs, likes, screenshots, taste
from benchmarks.generation import extend
from benchmarks.table import Row, as_text, fill

#: Those that need no data but their own, and those that need the real test data.
SELF_SUFFICIENT: dict[str, Callable[[], list[Row]]] = {
    "imports": imports.measure,
    "jobs": jobs.measure,
    "likes": likes.measure,
}
ON_REAL_DATA: dict[str, Callable[[Path], list[Row]]] = {
    "extend": extend.measure,
    "first_song": first_song.measure,
    "generation": generation.measure,
    "identity": identity.measure,
    "screenshots": screenshots.measure,
    "taste": taste.measure,
}
NAMES = (*SELF_SUFFICIENT, *ON_REAL_DATA, "ears")


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--data", type=Path, help="folder of the real test data (default: $SEGUE_TEST_DATA)")
    parser.add_argument("--only", nargs="+", choices=ears.PARTS, help="parts of the ears to measure (default: all)")
    parser.add_argument(
        "--json", type=Path, help="file to write the figures to (default: benchmarks/results/NAME.json)"
    )
    parser.add_argument("--document", type=Path, help="Markdown file whose tables to make anew from the figures")
    arguments = parser.parse_args()
    rows = _measure(arguments.name, arguments.data, tuple(arguments.only or ears.PARTS))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    date = datetime.now(UTC).date().isoformat()
    sys.stdout.write(f"{as_text(rows)}\n\n{machine}, {date}\n")
    report = {"machine": machine, "date": date, "rows": [asdict(row) for row in rows]}
    path = arguments.json or Path(__file__).parent / "results" / f"{arguments.name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
    sys.stdout.write(f"The figures are in {path}\n")
    if arguments.document:
        arguments.document.write_text(fill(arguments.document.read_text(), rows))


def _measure(name: str, data: Path | None, parts: tuple[str, ...]) -> list[Row]:
    if name in SELF_SUFFICIENT:
        return SELF_SUFFICIENT[name]()
    data = data or Path(os.environ.get("SEGUE_TEST_DATA", "../shared/data"))
    if not data.is_dir():
        sys.exit(f"There is no folder {data}: name the real test data with --data or SEGUE_TEST_DATA.")
    return ears.measure(data, parts) if name == "ears" else ON_REAL_DATA[name](data)


if __name__ == "__main__":
    main()
