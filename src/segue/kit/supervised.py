"""Runs a command that ends when its starter does: ``python -m segue.kit.supervised STARTER_PID COMMAND...``.

A program of its own, because the alternative, code between fork and exec, may hang in a process with threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask the kernel for ``SIGTERM`` at the starter's death, then become the command."""
    starter, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(starter):
        raise SystemExit("The process that started this has ended")
    os.execvp(command[0], command)  # noqa: S606  our own command, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
