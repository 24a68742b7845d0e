"""A file of a node that is open here."""

import io

from ._remote_paths import word


class RemoteFile:
    """A file of text, or of bytes when the mode has a b. What is written is gathered here, and goes to the node with
    flush(), with close(), when nobody has the file any more, and at the end of the hook.

    name: its path; mode: as it was opened; closed
    """

    def __init__(self, ssh, name, mode="w"):
        kind = mode.replace("b", "").replace("t", "").replace("U", "") or "r"
        if kind not in ("r", "w", "a", "r+", "w+", "a+"):
            raise ValueError(f"a file cannot be opened with mode {mode!r}; it has to be r, w, a, r+, w+ or a+, b "
                             "besides")
        self._ssh, self.name, self.mode = ssh, name, mode
        self.closed = False
        self._is_bytes = "b" in mode
        self._may_read = "r" in kind or "+" in kind
        self._may_write = kind != "r"
        self._begins_at_end = kind.startswith("a")
        self._buffer = io.BytesIO()
        self._sent = 0  # bytes of the buffer that the node has
        self._is_whole = False  # the buffer is all of the file: it is written anew
        self._open(kind)

    def _open(self, kind):
        self._path = word(self.name)
        if kind == "w" or kind == "w+":
            self._ssh.output(f": > {self._path}")
        elif kind == "a":
            self._ssh.output(f": >> {self._path}")
        if kind in ("r", "r+", "a+"):
            more = f"[ -e {self._path} ] || : > {self._path}; " if kind == "a+" else ""
            data = self._ssh.output_bytes(f"{more}cat {self._path}")
            self._buffer.write(data)
            self._sent = len(data)
            if kind != "a+":
                self._buffer.seek(0)

    # ---- Writing ----

    def write(self, data):
        """Adds text, or bytes."""
        self._check(self._may_write, "written to")
        raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else bytes(data)
        if self._begins_at_end:
            self._buffer.seek(0, io.SEEK_END)
        if self._buffer.tell() < self._sent:
            self._is_whole = True
        self._buffer.write(raw)
        return len(data)

    def writelines(self, lines):
        """Adds each; ends of lines are the caller's."""
        for line in lines:
            self.write(line)

    def truncate(self, size=None):
        """Cuts it to so many bytes; None: where it stands."""
        self._check(self._may_write, "cut")
        self._buffer.truncate(size)
        self._is_whole = True
        return self._buffer.tell() if size is None else size

    def flush(self):
        """Has the node write what it has not. OSError: it could not."""
        if self.closed or not self._may_write:
            return
        data = self._buffer.getvalue()
        if self._is_whole:
            self._ssh.output(f"cat > {self._path}", data)
        elif len(data) > self._sent:
            self._ssh.output(f"cat >> {self._path}", data[self._sent:])
        self._sent, self._is_whole = len(data), False

    def close(self):
        """Writes it, for good."""
        if not self.closed:
            try:
                self.flush()
            finally:
                self.closed = True

    # ---- Reading ----

    def read(self, size=-1):
        """So many bytes; all, if not said."""
        self._check(self._may_read, "read")
        return self._given(self._buffer.read(-1 if size is None else size))

    def readline(self, size=-1):
        """A line, with its end."""
        self._check(self._may_read, "read")
        return self._given(self._buffer.readline(size))

    def readlines(self, hint=-1):
        """The lines, with their ends."""
        return list(self)

    def xreadlines(self):
        """The same, one after the other."""
        return iter(self)

    def __iter__(self):
        while line := self.readline():
            yield line

    def seek(self, offset, whence=io.SEEK_SET):
        """Stands at that byte from now on."""
        return self._buffer.seek(offset, whence)

    def tell(self):
        """Where it stands."""
        return self._buffer.tell()

    def _given(self, raw):
        return raw if self._is_bytes else raw.decode("utf-8", "surrogateescape")

    # ---- Its rights ----

    def chmod(self, mode):
        """Sets its permission bits."""
        self.flush()
        self._ssh.chmod(mode, self.name)

    def chown(self, uid, gid):
        """Sets its owner and group, as numbers."""
        self.flush()
        self._ssh.chown(uid, gid, self.name)

    def stat(self):
        """As ssh.stat()."""
        self.flush()
        return self._ssh.stat(self.name)

    def readable(self):
        return self._may_read

    def writable(self):
        return self._may_write

    def seekable(self):
        return True

    def isatty(self):
        return False

    def _check(self, may, what):
        if self.closed:
            raise ValueError(f"{self.name} is closed")
        if not may:
            raise OSError(f"{self.name} was opened with mode {self.mode!r}: it cannot be {what}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_path", None) is not None:
            try:
                self.close()
            except Exception as error:  # there is nobody to tell but the log
                from .logger import log
                log.error("%s was not written: %s", self.name, error)
