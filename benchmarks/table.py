"""Benchmark results as rows of one table, and as the tables of a document."""

import re
from collections import defaultdict
from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True, slots=True)
class Row:
    """One answer.

    Attributes
    ----------
    question
        What was asked, with its unit.
    data
        What it was asked of.
    ours
        Our figure.
    peer
        Who else was measured in the same run, or what the figure is held against.
    theirs
        Their figure.
    part
        The part of the benchmark that asked.
    """

    question: str
    data: str
    ours: float
    peer: str = ""
    theirs: float | None = None
    part: str = ""

    @property
    def ratio(self) -> float | None:
        """Our figure over theirs."""
        return self.ours / self.theirs if self.theirs else None


def as_text(rows: list[Row]) -> str:
    """Return the rows as a table in Markdown."""
    head = [*(field.name for field in fields(Row)), "ratio"]
    return _table([head, *([_cell(value) for value in (*astuple(row), row.ratio)] for row in rows)])


def fill(document: str, rows: list[Row]) -> str:
    """Return a document in Markdown with its tables made anew from rows.

    What stands between ``<!-- PART -->`` and ``<!-- /PART -->`` becomes the table of that part's rows, a line for each
    question and data with all peers beside. ``<!-- PART: WORDS -->`` takes those rows only of whose question or data
    the words are a part; a row stands in the first table that wants it. Parts without rows are left alone.
    """
    left = list(rows)

    def made(found: re.Match[str]) -> str:
        part, _, words = found["name"].partition(": ")
        wanted = [row for row in left if row.part == part and words in f"{row.question} {row.data}"]
        if not wanted:
            return found[0]
        left[:] = [row for row in left if row not in wanted]
        end = f"<!-- /{found['name']} -->"
        return f"<!-- {found['name']} -->\n{_beside(wanted)}\n{end}"

    return re.sub(r"<!-- (?P<name>[^/>][^>]*) -->\n.*?<!-- /(?P=name) -->", made, document, flags=re.DOTALL)


def _beside(rows: list[Row]) -> str:
    """Return the rows as a table in which each question stands once."""
    asked: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        asked[row.question, row.data].append(row)
    lines = [
        [question, data, f"**{_cell(same[0].ours)}**", "; ".join(f"{r.peer} {_cell(r.theirs)}" for r in same if r.peer)]
        for (question, data), same in asked.items()
    ]
    return _table([["question", "data", "Segue", "beside"], *lines])


def _table(lines: list[list[str]]) -> str:
    head, *rest = lines
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rest))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
