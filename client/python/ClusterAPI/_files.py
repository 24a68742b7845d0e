"""Files to nodes, and from them (docs/files.md)."""

import collections
import os

from . import _errors, _progress

SLICE = 0.1  # seconds; how soon Ctrl-C is seen, and how often progress is told

FileProgress = collections.namedtuple("FileProgress", "bytes total_bytes files total_files bytes_per_second")


def paths(given):
    """One path or several, as a list of bytes."""
    if isinstance(given, (str, bytes, os.PathLike)):
        given = [given]
    return [os.fsencode(path) for path in given]


def _draw(line, it, failed):
    fraction = it.bytes / it.total_bytes if it.total_bytes else None
    words = f"{it.files}/{it.total_files} files, {_size(it.bytes)} of {_size(it.total_bytes)}"
    if it.bytes_per_second > 0:
        left = (it.total_bytes - it.bytes) / it.bytes_per_second
        words += f", {_size(it.bytes_per_second)}/s, {_progress.clock(max(0, left))} left"
    line.draw(fraction, words, failed)


def _size(count):
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024:
            break
        count, unit = count / 1024, "TiB"
    return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"


def step(running, seconds):
    """Waits so long for one that runs; those that run still."""
    return [transfer for transfer in running if not transfer.wait(seconds if transfer is running[0] else 0)]


def total(transfers):
    """How far all are together."""
    return FileProgress(*map(sum, zip(*(transfer.progress() for transfer in transfers))))


def stop(transfers):
    for transfer in transfers:
        transfer.cancel()


def outcomes_of(transfers):
    """Of transfers that have ended. Raises for the first that did not end well, with the files that were not
    copied in .problems."""
    outcomes = [transfer.outcome() for transfer in transfers]
    for transfer, outcome in zip(transfers, outcomes):
        if not outcome.ok:
            error = _errors.make(outcome)
            error.problems = transfer.problems()
            raise error
    return outcomes


def follow(transfers, progress, what):
    """Waits for all; Ctrl-C stops them. Ends as outcomes_of()."""
    line = _progress.Line(what, False if callable(progress) else _progress.checked(progress))
    try:
        running = list(transfers)
        while running:
            running = step(running, SLICE)
            if callable(progress):
                progress(total(transfers))
            elif line:
                _draw(line, total(transfers),
                      sum(not transfer.outcome().ok for transfer in transfers if transfer not in running))
    except BaseException:
        stop(transfers)
        raise
    finally:
        line.close()
    return outcomes_of(transfers)
