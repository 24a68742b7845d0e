"""Where what a hook logs goes: all to the log of hooks, warnings and errors to stderr, too, which the caller shows."""

import logging
import os
import sys
import time


class Journal(logging.Handler):
    def __init__(self, name, path, shows_all):
        super().__init__()
        self._name = name
        self._path = path
        self._level = logging.DEBUG if shows_all else logging.WARNING
        self._told = ""  # why the log could not be written, the last time that it was said

    def emit(self, record):
        try:
            text = self.format(record)
            if record.levelno >= self._level:
                print(f"{record.levelname.lower()}: {text}", file=sys.__stderr__, flush=True)
            if self._path:
                self._keep(record, text)
        except Exception:
            self.handleError(record)

    def _keep(self, record, text):
        try:
            self._append(record, text)
            self._told = ""
        except OSError as error:  # a full disk; said once
            why = f"{self._path} is not written: {error.strerror}"
            if why != self._told:
                print(f"error: {why}", file=sys.__stderr__, flush=True)
            self._told = why

    def _append(self, record, text):
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        head = f"{moment} {record.levelname.lower()} hook {self._name}: "
        lines = "".join(f"{head}{line}\n" for line in text.splitlines() or [""])
        # Opened anew each time: whoever rotates it finds nobody in the way.
        opened = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(opened, lines.encode("utf-8", "backslashreplace"))
        finally:
            os.close(opened)


def install(name, path, shows_all):
    """For the root logger of this process."""
    root = logging.getLogger()
    root.handlers[:] = [Journal(name, path, shows_all)]
    root.setLevel(logging.DEBUG if shows_all else logging.INFO)
