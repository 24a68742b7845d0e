"""Python sessions: namespaces that stay on a node."""

import itertools
import os

from . import _errors
from ._functions import value_of
from ._output import Output
from ._stream import Followed

_numbers = itertools.count(1)


class Session:
    """A Python worker of one node whose namespace stays between cells, under a name. A context manager:
    it is closed at the end of the block. One cell runs at a time; others wait for their turn.

    name: its name on the node; node: the node's name
    """

    def __init__(self, native, target, name):
        self._native = native
        nodes = [name for name, _ in native.nodes(target)]
        if len(nodes) != 1:
            raise ValueError(f"a session is on one node, and {target!r} means {', '.join(nodes)}")
        self.node = nodes[0]
        self.name = name or f"python-{os.getpid()}-{next(_numbers)}"
        self._owns = not name
        if self._owns:
            self._check(native.open_session(self.node, self.name))

    @staticmethod
    def _check(why_not):
        if why_not:
            raise RuntimeError(why_not)

    def run(self, source):
        """Runs a cell there, prints here what it prints, and returns the value of its last expression, as
        View.python() does. Ctrl-C interrupts it; the namespace stays."""
        followed = Followed(self._native, [self.node], False, "python", source, "data", {"session": self.name})
        writer = Output()
        interrupt = None
        last = None
        says = iter(followed)
        while True:
            try:
                for _, output, outcome in says:
                    for is_stdout, data in output:
                        writer.write(is_stdout, data)
                    last = outcome
                break
            except KeyboardInterrupt as error:
                interrupt = error
                followed.cancel()
                says = iter(followed)
        if interrupt is not None:
            raise interrupt
        if not last.ok:
            raise _errors.make(last)
        return value_of(last)

    def close(self):
        """Ends it, with all that it left running."""
        self._check(self._native.close_session(self.node, self.name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
