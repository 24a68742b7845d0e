"""What is written down of an exception that nobody expected."""

import os
import platform
import sys
import time
import traceback

from ClusterAPI import __version__

from .logger import default_folder, log

TAIL = 64 << 10  # bytes of the debug file


def write(error, about, folder=None):
    """Writes crash-report-PID-TIME.txt into the folder; its path, or "" when it could not be written."""
    folder = folder or default_folder()
    path = os.path.join(folder, f"crash-report-{os.getpid()}-{time.time_ns() // 1000000}.txt")
    text = "\n".join([
        f"{type(error).__name__}: {about}", "",
        f"Muster {__version__}, Python {sys.version.split()[0]}, {platform.platform()}",
        f"working folder {_working_folder()}", "",
        "".join(traceback.format_exception(error)),
        "The end of the debug file:", _tail(os.path.join(folder, "debug.log"))])
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8",
                       errors="backslashreplace") as file:
            file.write(text)
    except OSError as failure:
        log.debug("no crash report in %s: %s", folder, failure)
        return ""
    return path


def _working_folder():
    try:
        return os.getcwd()
    except OSError as error:
        return f"not known: {error}"


def _tail(path):
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"not there: {error}"
