"""What an engine reads on a screen, without an image: lines at their places."""

from collections.abc import Iterable, Sequence

from segue.engines.ocr import Box, TextLine


def line(text: str, left: float, top: float, height: float = 30, confidence: float = 0.99) -> TextLine:
    """Return a line of text whose letters are half as wide as high."""
    return TextLine(text, Box(left, top, left + max(1, len(text)) * height / 2, top + height), confidence)


def two_lines(
    songs: Iterable[tuple[str, str]], *, left: float = 140, top: float = 300, pitch: float = 130
) -> list[TextLine]:
    """Return titles with their artists below."""
    lines: list[TextLine] = []
    for row, (title, artist) in enumerate(songs):
        y = top + row * pitch
        lines += [line(title, left, y, 36), line(artist, left, y + 44, 30)]
    return lines


def table(
    rows: Iterable[Sequence[str]], edges: Sequence[float], *, top: float = 300, pitch: float = 44
) -> list[TextLine]:
    """Return a table's cells."""
    return [
        line(text, left, top + row * pitch, 22)
        for row, cells in enumerate(rows)
        for left, text in zip(edges, cells, strict=True)
        if text
    ]
