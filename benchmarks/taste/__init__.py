"""What somebody would like to hear: how well that is foretold, of listeners and of newcomers, and where proxies lie."""

from pathlib import Path

from benchmarks.table import Row
from benchmarks.taste import cold, datasets, listeners, proxies


def measure(data: Path) -> list[Row]:
    """Measure on both sets of listeners, then proxies against real embeddings and stand-ins."""
    rows = []
    for dataset in (datasets.lastfm(data), datasets.playlists(data)):
        settings, peers, found = listeners.measure(dataset)
        rows += [*found, *cold.measure(dataset, settings, peers)]
    return [*rows, *proxies.measure(data)]
