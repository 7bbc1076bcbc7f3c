"""An export, whatever it is, read to its end in a child process."""

from pathlib import Path
from typing import BinaryIO

from segue.kit.processes import Progress, no_progress
from segue.library.formats.entries import Entry
from segue.library.importing.digest import Digest, DigestWriter
