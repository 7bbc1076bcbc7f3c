"""How the command line speaks: a progress bar for people, one JSON object for programs, errors with a way out."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

Report = Callable[[float], None]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]

# People's words go to stderr, so that stdout holds nothing but results.
# Without markup: a file's name may hold brackets.
console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def progress_bar(title: str) -> Iterator[Report]:
    """Show a progress bar while a block works; on a terminal only."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(title, total=1.0)
        yield lambda done: bar.update(task, completed=done)


def print_json(result: Any) -> None:
    """Print one JSON document to stdout."""
    json.dump(result, sys.stdout, allow_nan=False, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.write("\n")


def print_facts(facts: dict[str, object]) -> None:
    """Print names and values in two columns to stdout."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        sys.stdout.write(f"{name:<{width}}  {value}\n")


def clock_time(seconds: float) -> str:
    """Return seconds as minutes and seconds, ``3:07``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
