"""Benchmark results as rows of one table."""

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
    """

    question: str
    data: str
    ours: float
    peer: str = ""
    theirs: float | None = None

    @property
    def ratio(self) -> float | None:
        """Our figure over theirs."""
        return self.ours / self.theirs if self.theirs else None


def as_text(rows: list[Row]) -> str:
    """Return the rows as a table in Markdown."""
    head = [*(field.name for field in fields(Row)), "ratio"]
    lines = [head, ["---"] * len(head), *([_cell(value) for value in (*astuple(row), row.ratio)] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
