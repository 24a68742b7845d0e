"""A bar on the last line of a terminal; nothing where standard error is none."""

import sys


class ProgressBar:
    """start(), update(value), finish(). maxval: what all of it is"""

    def __init__(self, maxval=100, widgets=None, term_width=None, fd=None, force_update=False):
        self.maxval = maxval or 100
        self.currval = 0
        self.widgets = list(widgets or [""])
        self._file = fd or sys.stderr

    def start(self):
        self.update(0)
        return self

    def update(self, value):
        """So much is done."""
        self.currval = value
        if self._file.isatty():
            part = min(max(value / self.maxval, 0), 1)
            bar = "|" * int(part * 40)
            self._file.write(f"\r{value}/{self.maxval} |{bar:<40}| {part:.0%} ")
            self._file.flush()

    def percentage(self):
        return self.currval * 100.0 / self.maxval

    def reset(self):
        self.currval = 0
        return self

    def finish(self):
        """The line is ended."""
        self.update(self.maxval)
        if self._file.isatty():
            self._file.write("\n")
            self._file.flush()


class _Widget:
    """Bars look as they do."""

    def __init__(self, *_, **__):
        pass


class Bar(_Widget):
    pass


class Percentage(_Widget):
    pass


class Fraction(_Widget):
    pass


class ETA(_Widget):
    pass


class FileTransferSpeed(_Widget):
    pass


class SimpleProgress(_Widget):
    pass


class Counter(_Widget):
    pass


class Timer(_Widget):
    pass


class RotatingMarker(_Widget):
    pass
