"""How far many calls are: on the last line of a terminal, or told to a function."""

import collections
import concurrent.futures
import os
import threading
import time

from ._screen import SCREEN

PATIENCE = 2.0  # seconds until a line appears by itself
TICK = 0.1  # seconds between two looks
QUICKEST = 0.001  # seconds between two drawings: a map hides its line for every result

Progress = collections.namedtuple("Progress", "done total failed seconds rate left")
Progress.__doc__ = """How far a map(), run() or gather() is: done and failed of total (None: not known) items,
after so many seconds; rate (items in a second), and the seconds that are left, at that rate; None: not known."""


def checked(wanted):
    if wanted is None or isinstance(wanted, bool) or callable(wanted):
        return wanted
    raise TypeError(f"progress has to be True, False, None or a function, and not a {type(wanted).__name__}")


def length(iterables):
    """How many items zip() of them has, where they say so."""
    try:
        return min(map(len, iterables), default=None)
    except TypeError:
        return None


def clock(seconds):
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class Line:
    """What one wait shows; nothing where no terminal is, and before it took a while. `wanted`: None, as
    just said; True: at once; False: nothing. Lives on the thread that waits."""

    def __init__(self, what, wanted):
        self._what = what
        self._from = time.monotonic() + (0 if wanted is True else PATIENCE)
        self._has_screen = wanted is not False and SCREEN.enter()

    def __bool__(self):
        return self._has_screen

    def draw(self, fraction, words, failed):
        """`fraction` of 1, or None: of nobody knows how much."""
        now = time.monotonic()
        if not self._has_screen or now < self._from:
            return
        self._from = now + QUICKEST
        text = f"{self._what} "
        if fraction is not None:
            filled = int(20 * min(max(fraction, 0), 1))
            text += "[" + "#" * filled + "." * (20 - filled) + "] "
        text = (text + words)[:SCREEN.columns() - 1]
        if failed:
            bad = f", {failed} failed"[:max(0, SCREEN.columns() - 1 - len(text))]
            text += bad if os.environ.get("NO_COLOR") else f"\x1b[31m{bad}\x1b[m"
        SCREEN.show(self, text)

    def hide(self):
        if self._has_screen:
            SCREEN.hide(self)

    def close(self):
        if self._has_screen:
            self.hide()
            self._has_screen = False
            SCREEN.leave()


class Meter:
    """Counts futures that end. Lives on the thread that waits for them; they end on any."""

    def __init__(self, line, total, tell):
        self._line = line
        self._total = total
        self._tell = tell  # a function of a Progress, or None
        self._begin = time.monotonic()
        self._next = self._begin + TICK
        self._lock = threading.Lock()
        self._done = self._failed = 0

    def watch(self, future):
        future.add_done_callback(self._ended)
        return future

    def _ended(self, future):
        is_failed = future.cancelled() or future.exception() is not None
        with self._lock:
            self._done += 1
            self._failed += is_failed

    def progress(self):
        with self._lock:
            done, failed = self._done, self._failed
        seconds = time.monotonic() - self._begin
        rate = done / seconds if seconds > 0 else 0.0
        left = (self._total - done) / rate if self._total is not None and rate > 0 else None
        return Progress(done, self._total, failed, seconds, rate, left)

    def wait(self, future, end=None):
        """Until it has ended, or the time has come; says meanwhile how far all are."""
        while not future.done():
            now = time.monotonic()
            if end is not None and now >= end:
                break
            self._draw()
            wake = now + TICK if end is None else min(end, now + TICK)
            concurrent.futures.wait([future], wake - now)
            self._say()
        self._say()
        self._line.hide()  # what the caller prints next has the terminal for itself

    def _say(self):
        if self._tell is not None and time.monotonic() >= self._next:
            self._tell(self.progress())
            self._next = time.monotonic() + TICK

    def _draw(self):
        if not self._line:
            return
        it = self.progress()
        words = f"{it.done}" if it.total is None else f"{it.done}/{it.total}"
        words += f", {it.rate:.0f}/s" if it.rate >= 10 else f", {it.rate:.1f}/s"
        words += f", {clock(it.seconds)}" if it.left is None else f", {clock(it.left)} left"
        self._line.draw(it.done / it.total if it.total else None, words, it.failed)

    def close(self, is_whole=False):
        """`is_whole`: it came to its end, and a function hears of that."""
        self._line.close()
        if is_whole and self._tell is not None:
            self._tell(self.progress())


class _Silent:
    """In the place of a meter that nobody looks at."""

    def watch(self, future):
        return future

    def wait(self, future, end=None):
        pass

    def close(self, is_whole=False):
        pass


SILENT = _Silent()


def meter(what, total, wanted):
    """For `total` futures (None: not known); `wanted` as of View's progress."""
    line = Line(what, False if callable(wanted) else checked(wanted))
    if callable(wanted):
        return Meter(line, total, wanted)
    return Meter(line, total, None) if line else SILENT


def wait(futures, what, wanted):
    """Until all have ended."""
    _each(futures, what, wanted, lambda future: None)
    concurrent.futures.wait(futures)


def results(futures, what, wanted):
    """Their results in their order; raises the first failure of that order."""
    return _each(list(futures), what, wanted, lambda future: future.result())


def _each(futures, what, wanted, take):
    watched = meter(what, len(futures), wanted)
    taken = []
    try:
        for future in futures:
            watched.watch(future)
        for future in futures:
            watched.wait(future)
            taken.append(take(future))
    except BaseException:
        watched.close()
        raise
    watched.close(is_whole=True)
    return taken
