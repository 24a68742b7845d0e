"""The file that every line of the log goes to, of several processes at once."""

import contextlib
import fcntl
import logging
import os

SIZE = 1 << 20  # bytes; then it is put aside
COUNT = 2  # files that were put aside: NAME.1, NAME.2


class DebugFile(logging.Handler):
    """Appends whole lines to `path`, whose folder is made; nobody else may read it. A disk that is full costs the lines,
    not the program."""

    def __init__(self, path, size=SIZE, count=COUNT):
        super().__init__()
        self.path = path
        self._size, self._count = size, count
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)

    def emit(self, record):
        try:
            self._write((self.format(record) + "\n").encode("utf-8", "backslashreplace"))
        except OSError:
            pass
        except Exception:
            self.handleError(record)

    def _write(self, data):
        with open(self.path + ".lock", "ab", opener=_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                if (size := os.stat(self.path).st_size) > 0 and size + len(data) > self._size:
                    self._put_aside()
            with open(self.path, "ab", opener=_private) as file:
                file.write(data)

    def _put_aside(self):
        for number in range(self._count - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self.path}.{number}", f"{self.path}.{number + 1}")
        os.replace(self.path, f"{self.path}.1")


def _private(path, flags):
    return os.open(path, flags, 0o600)
