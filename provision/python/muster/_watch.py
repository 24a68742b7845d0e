"""How long operations are told: to the logger, and on the last line of a terminal."""

import logging
import threading

from ClusterAPI._progress import Line

# As elasticluster's is called: what configures that one configures this one.
log = logging.getLogger("gc3.elasticluster")
log.addHandler(logging.NullHandler())

_ENDS = {"running", "failed", "defined", "paused"}


class Watcher:
    """Watches one operation. step() is called from any thread, the rest by the one that waits."""

    def __init__(self, cluster, what, total):
        self._cluster = cluster
        self._line = Line(f"{cluster}: {what}", None)
        self._total = total
        self._lock = threading.Lock()
        self._ended = {}
        self._last = ""
        self._told = {}
        self.report = []

    def step(self, node, state, text):
        with self._lock:
            if state in _ENDS:
                self._ended[node] = state
            else:
                self._ended.pop(node, None)
            self._last = f"{node} {text}"
        self._log(node, text, state != "failed")

    def tell(self, result):
        """Logs what came of a node, unless its last step said so."""
        if self._told.get(result.node) != result.text:
            self._log(result.node, result.text, result.ok)

    def _log(self, node, text, ok):
        self._told[node] = text
        level = logging.INFO if ok else logging.ERROR
        if log.isEnabledFor(level):
            self._line.hide()
            log.log(level, "%s: %s: %s", self._cluster, node, text)

    def tick(self):
        if not self._line:
            return
        with self._lock:
            done, failed, last = len(self._ended), list(self._ended.values()).count("failed"), self._last
        self._line.draw(done / self._total if self._total else None, f"{done}/{self._total} {last}", failed)

    def end(self, told):
        """(code, message, [(node, ok, text)]): how it ended."""
        self._line.close()
        self.report = [NodeResult(*node) for node in told[2]]

    def close(self):
        self._line.close()


class NodeResult(tuple):
    """What came of one node: node (its name), ok, text (one line: how, or why not)."""

    __slots__ = ()

    def __new__(cls, node, ok, text):
        return super().__new__(cls, (node, ok, text))

    node = property(lambda self: self[0])
    ok = property(lambda self: self[1])
    text = property(lambda self: self[2])

    def __repr__(self):
        return f"{self.node}: {self.text}"
