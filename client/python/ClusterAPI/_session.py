"""Python sessions: namespaces that stay on a node."""

import itertools
import os
import re

from . import _errors
from ._functions import value_of
from ._output import Output
from ._stream import Followed

_numbers = itertools.count(1)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


def cell_value(outcome):
    """What a cell came to, or what it raised."""
    if not outcome.ok:
        raise _errors.make(outcome)
    return value_of(outcome)


class Session:
    """A Python worker of one node whose namespace stays between cells, under a name. A context manager:
    it is closed at the end of the block. One cell runs at a time; others wait for their turn.

    name: its name on the node; node: the node's name
    """

    def __init__(self, native, target, name):
        self._native = native
        self._is_closed = False
        if not isinstance(name, str):
            raise TypeError(f"the name of a session has to be a str, and not a {type(name).__name__}")
        nodes = [node for node, _ in _errors.nodes_of(native, target)]
        if len(nodes) != 1:
            raise ValueError(f"a session is on one node, and {target!r} means {', '.join(nodes)}")
        self.node = nodes[0]
        self.name = name or f"python-{os.getpid()}-{next(_numbers)}"
        if _NAME.fullmatch(self.name) is None:
            raise _errors.refused(f"{name!r} is no name of a session; a name is a letter and up to 63 letters, digits, "
                                  "'_', '.' or '-'", self.node)
        if not name:
            self._check(native.open_session(self.node, self.name))

    def _check(self, why_not):
        if why_not is None:
            return
        is_unreachable, reason = why_not
        if is_unreachable:
            raise _errors.unreachable(reason, self.node)
        raise _errors.refused(reason, self.node)

    def run(self, source):
        """Runs a cell there, prints here what it prints, and returns the value of its last expression, as
        View.python() does. Ctrl-C interrupts it; the namespace stays."""
        followed = self._follow(source)
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
        return cell_value(last)

    def _follow(self, source):
        """The cell as calls to be followed by hand: for this package."""
        if self._is_closed:
            raise RuntimeError(f"the session {self.name} was closed")
        return Followed(self._native, [self.node], False, "python", source, "data", {"session": self.name})

    def close(self):
        """Ends it, with all that it left running."""
        self._is_closed = True
        self._check(self._native.close_session(self.node, self.name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
