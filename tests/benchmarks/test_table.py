"""Benchmark results as the tables of a document."""

from benchmarks.table import Row, fill

DOCUMENT = """Before.

<!-- rhythm: rendered -->
old
<!-- /rhythm: rendered -->

<!-- rhythm -->
<!-- /rhythm -->

<!-- speed -->
kept
<!-- /speed -->
"""
ROWS = [
    Row("tempo", "27 real songs", 0.9, "librosa", 0.5, "rhythm"),
    Row("tempo", "27 real songs", 0.9, "Essentia", 0.8, "rhythm"),
    Row("tempo", "rendered", 1.0, part="rhythm"),
]


def test_a_question_stands_once_with_all_its_peers() -> None:
    assert "| tempo | 27 real songs | **0.9** | librosa 0.5; Essentia 0.8 |" in fill(DOCUMENT, ROWS)


def test_a_row_stands_in_the_first_table_that_wants_it() -> None:
    first, second = fill(DOCUMENT, ROWS).split("<!-- rhythm -->")
    assert "| tempo | rendered | **1** |  |" in first
    assert "| rendered |" not in second


def test_what_was_not_measured_is_left_alone() -> None:
    filled = fill(DOCUMENT, ROWS)
    assert "<!-- speed -->\nkept\n<!-- /speed -->" in filled
    assert filled.startswith("Before.\n")
    assert "old" not in filled


def test_filling_twice_is_filling_once() -> None:
    assert fill(fill(DOCUMENT, ROWS), ROWS) == fill(DOCUMENT, ROWS)
