"""The `segue` command: every verb, and how its errors end."""

import errno
import os
import sys

import typer
from rich.text import Text

from segue import __version__
from segue.cli import catalog, diagnosis, extending, generating, insights, models, recognising, server, songs, sweep
from segue.cli.output import console
from segue.kit.errors import SegueError

#: What the system refuses and the user can mend: permissions, folders that are files, full or read-only disks.
_MENDABLE = frozenset(
    (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Segue: a music backend to listen, make and earn. `segue up` runs it all; the other verbs work on files.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"segue {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Say the version."),
) -> None:
    """Hold the options of the command itself; their callbacks do the work."""


def main() -> None:
    """Run the command; exit 2 if the user can mend it, 1 if Segue failed, 130 if interrupted."""
    # Our matrix products are many and small: threads that wait for each other cost more than they bring, and twice the
    # processor's time where another job runs beside. NumPy reads this when it loads, here and in all that is started.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for module in (songs, generating, extending, recognising, catalog, server, models, sweep, insights, diagnosis):
        module.register(app)
    try:
        app()
    except SegueError as error:
        _tell(error.detail)
        sys.exit(2 if error.status < 500 else 1)
    except OSError as error:
        if error.errno not in _MENDABLE:
            raise
        _tell(f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _tell(what: str) -> None:
    """Print an error as one line, however narrow the terminal."""
    console.print(Text.assemble(("error:", "red"), f" {what}"))


if __name__ == "__main__":
    main()
