"""The last line of the terminal that standard error is, for whoever says how far something is."""

import os
import sys
import threading


class Screen:
    """One line for the whole process; who shows something has it until he hides it. Thread-safe.

    While there are lines, what nodes print goes through `writing`, which takes the shown one away before.
    What the program itself prints comes only while nothing is shown: whoever shows something hides it
    before he returns to his caller.
    """

    def __init__(self):
        self.reset()

    def reset(self):
        """A fork leaves the line to its parent."""
        self._lock = threading.RLock()
        self.lines = 0  # that may be shown, now or later
        self._owner = None  # whose line is shown
        self._stream = None
        self._is_open_line = False  # what a node printed last has no end of line yet

    def enter(self):
        """Whether there is a screen, for one line more: standard error is a terminal, in the foreground."""
        stream = sys.stderr
        try:
            if os.environ.get("TERM") == "dumb" or not stream.isatty():
                return False
            if os.tcgetpgrp(stream.fileno()) != os.getpgrp():
                return False
        except Exception:  # any object may stand there
            return False
        with self._lock:
            if self.lines == 0:
                self._stream = stream
                self._is_open_line = False
            self.lines += 1
        return True

    def leave(self):
        with self._lock:
            self.lines -= 1

    def columns(self):
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def show(self, owner, text):
        """`text` has to be shorter than the line is wide. Nothing happens while another owner shows his."""
        with self._lock:
            if self._is_open_line or self._owner not in (None, owner):
                return
            # The program may have printed half a line: as many blanks as the terminal has columns end on
            # the next line then, and on this one otherwise.
            room = "\r" if self._owner is owner else " " * self.columns() + "\r"
            self._owner = owner
            self._write(f"{room}{text}\x1b[K")

    def hide(self, owner=None):
        """`owner`: only if it is his."""
        with self._lock:
            if self._owner is not None and owner in (None, self._owner):
                self._owner = None
                self._write("\r\x1b[K")

    def writing(self, stream, data):
        """A context in which `data` may be written to a stream, which may be the same terminal."""
        self._lock.acquire()
        try:
            if stream.isatty():
                self.hide()
                self._is_open_line = not data.endswith(b"\n")
        except Exception:
            pass  # any object may stand there
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._lock.release()

    def _write(self, text):
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            pass  # the terminal is gone


SCREEN = Screen()
os.register_at_fork(after_in_child=SCREEN.reset)
