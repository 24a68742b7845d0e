"""Calls that their caller follows by himself, piece by piece."""

import codecs
import time

from . import _errors, _native
from ._nodes import Event
from ._output import Output

SLICE = 0.1  # seconds; how soon Ctrl-C is seen


class Followed:
    """Calls in the order in which they say something. Whoever takes nothing holds them up: nodes wait
    for a slow reader, and nothing piles up here."""

    def __init__(self, native, targets, all_nodes, kind, source, form, options):
        self._queue = _native.CallQueue()
        self.nodes = dict(native.execute(self._queue, targets, all_nodes, kind, source, form,
                                         _native.Options(options)))
        self.running = set(self.nodes)
        self._queue.follow(list(self.nodes))

    def __iter__(self):
        """(token, output, outcome or None) until every call has ended."""
        while self.running:
            yield from self.take(SLICE)

    def take(self, seconds):
        """What was said by the end of that time, as a list of what iterating gives."""
        said = self._queue.take(seconds)
        if not said and self._queue.is_empty():
            self.running.clear()  # an interrupt took the end along
        self.running.difference_update(token for token, _, outcome in said if outcome is not None)
        return said

    def descriptor(self):
        """Readable while take(0) has something to give."""
        descriptor = self._queue.descriptor()
        if descriptor < 0:
            raise OSError("no descriptor is left to wait for calls with")
        return descriptor

    def cancel(self, grace=None):
        for token in self.running:
            self._queue.cancel(token, grace)

    def stop(self, seconds):
        """Stops what runs and waits for its end, but no longer than that."""
        until = time.monotonic() + seconds
        try:
            self.cancel()
            while self.running and time.monotonic() < until:
                self.take(SLICE)
        finally:
            self.leave()

    def leave(self):
        """Stops what runs, and does not wait for it: nodes go on stopping it, with all its grace."""
        self.cancel()
        self._queue.close()
        self.running.clear()


def events_of(followed, said, failures):
    """The Events of what was said; outcomes that are not ok go into the list of failures."""
    for token, output, outcome in said:
        for is_stdout, data in output:
            yield Event(followed.nodes[token], "stdout" if is_stdout else "stderr", data)
        if outcome is not None and not outcome.ok:
            failures.append(outcome)


def run_here(native, server, source):
    """Runs Python on one node, prints what it prints, and returns its outcome."""
    followed = Followed(native, [server], False, "python", source, "str", {})
    writer = Output()
    try:
        for _, output, outcome in followed:
            for is_stdout, data in output:
                writer.write(is_stdout, data)
    except BaseException:
        followed.leave()
        raise
    return outcome


class ValueStream:
    """The text of a value in pieces, as they come. Iterating never holds the whole; str() does. What
    the code prints meanwhile goes to sys.stderr. Raises RemoteError when the code did not end well.
    Its end before the last piece stops the code on the node."""

    def __init__(self, native, server, source):
        self._followed = Followed(native, [server], False, "python", _formula(source), "repr", {})
        self._says = iter(self._followed)
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._writer = Output()
        self._pieces = []
        self._whole = None
        self._fill()  # what fails at once is raised at once

    def _fill(self):
        """Waits for more. False: there is none."""
        try:
            for _, output, outcome in self._says:
                for is_stdout, data in output:
                    if is_stdout:
                        self._pieces.append(self._decoder.decode(data))
                    else:
                        self._writer.write(False, data)
                if outcome is not None and not outcome.ok:
                    raise _errors.make(outcome, is_task=True)
                if self._pieces:
                    return True
        except BaseException:
            self._followed.leave()
            raise
        return False

    def __iter__(self):
        if self._whole is not None:
            yield self._whole
            return
        while self._pieces or self._fill():
            pieces, self._pieces = self._pieces, []
            yield from filter(None, pieces)

    def __str__(self):
        if self._whole is None:
            self._whole = "".join(self)
        return self._whole

    def close(self):
        """Stops the code on the node, if it still runs."""
        self._followed.leave()

    def __del__(self):
        if hasattr(self, "_followed"):
            self._followed.leave()


def _formula(source):
    if not isinstance(source, str):
        raise TypeError(f"the command has to be a str, and not a {type(source).__name__}")
    return f"__import__('muster_task').stream({source!r})"
