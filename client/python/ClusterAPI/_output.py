"""What runs on nodes prints here, as it is printed there."""

import codecs
import sys

from ._screen import SCREEN


class Output:
    """Hands bytes to sys.stdout and sys.stderr, as they are at that moment: exactly where the stream
    takes bytes, else as text, decoded across pieces that were cut anywhere."""

    def __init__(self):
        self._decoders = {}

    def write(self, is_stdout, data):
        stream = sys.stdout if is_stdout else sys.stderr
        if stream is None:  # a program without standard streams
            return
        if SCREEN.lines == 0:
            self._write(stream, is_stdout, data)
            return
        with SCREEN.writing(stream, data):
            self._write(stream, is_stdout, data)

    def _write(self, stream, is_stdout, data):
        buffer = getattr(stream, "buffer", None)
        if buffer is not None:
            stream.flush()  # what the caller printed before comes before
            buffer.write(data)
            buffer.flush()
            return
        if is_stdout not in self._decoders:
            self._decoders[is_stdout] = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        stream.write(self._decoders[is_stdout].decode(data))
