"""Files to nodes, and from them (docs/files.md)."""

import collections
import os

from . import _errors

SLICE = 0.1  # seconds; how soon Ctrl-C is seen, and how often progress is told

FileProgress = collections.namedtuple("FileProgress", "bytes total_bytes files total_files bytes_per_second")


def paths(given):
    """One path or several, as a list of bytes."""
    if isinstance(given, (str, bytes, os.PathLike)):
        given = [given]
    return [os.fsencode(path) for path in given]


def follow(transfers, progress):
    """Waits for all; Ctrl-C stops them. Raises for the first that did not end well, with the files that
    were not copied in .problems."""
    try:
        running = list(transfers)
        while running:
            running = [transfer for transfer in running if not transfer.wait(SLICE if transfer is running[0] else 0)]
            if progress is not None:
                parts = [transfer.progress() for transfer in transfers]
                progress(FileProgress(*map(sum, zip(*parts))))
    except BaseException:
        for transfer in transfers:
            transfer.cancel()
        raise
    outcomes = [transfer.outcome() for transfer in transfers]
    for transfer, outcome in zip(transfers, outcomes):
        if not outcome.ok:
            error = _errors.make(outcome)
            error.problems = transfer.problems()
            raise error
    return outcomes
