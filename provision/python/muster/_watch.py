"""How long operations are told: to the logger, and on the last line of a terminal."""

import concurrent.futures
import logging
import sys
import threading

from ClusterAPI._progress import TICK, Line

# As elasticluster's is called: what configures that one configures this one.
log = logging.getLogger("gc3.elasticluster")
log.addHandler(logging.NullHandler())

_ENDS = {"running", "failed", "defined", "paused"}


class Watcher:
    """Watches one operation, which runs on another thread than the one that waits, where Ctrl-C comes: the first
    one is told to the operation, which then begins nothing new; after a second one it is not waited for."""

    def __init__(self, cluster, what, total):
        self._cluster = cluster
        self._what = what
        self._line = Line(f"{cluster}: {what}", None)
        self._total = total
        self._lock = threading.Lock()
        self._ended = {}
        self._last = ""
        self._told = {}
        self._interrupts = 0
        self.report = []

    # ---- Called by the operation, from any thread ----

    def step(self, node, state, text):
        with self._lock:
            if not node:
                pass  # it is about the whole cluster
            elif state in _ENDS:
                self._ended[node] = state
            else:
                self._ended.pop(node, None)
            self._last = f"{node} {text}".strip()
        self._log(node, text, state != "failed")

    def interrupts(self):
        return self._interrupts

    # ---- Called by who waits ----

    def run(self, work):
        """What work(self) returns, or raises."""
        try:
            if threading.current_thread() is not threading.main_thread():
                return self._ended_with(work(self))  # Ctrl-C is none of its business
            ended = concurrent.futures.Future()
            threading.Thread(target=self._work, args=(work, ended), name=f"{self._cluster} {self._what}",
                             daemon=True).start()
            return self._ended_with(self._wait(ended))
        finally:
            self._line.close()

    def _work(self, work, ended):
        try:
            ended.set_result(work(self))
        except BaseException as error:
            ended.set_exception(error)

    def _wait(self, ended):
        stopped = None
        while True:
            try:
                while not ended.done():
                    self._draw()
                    concurrent.futures.wait([ended], TICK)
                break
            except BaseException as error:  # KeyboardInterrupt, or what a handler of the program raises
                self._interrupts += 1
                self._line.hide()
                if stopped is not None:
                    raise
                stopped = error
                print(f"{self._cluster}: {self._what} is being interrupted: what is under way is waited for and saved; "
                      "a second Ctrl-C does not wait", file=sys.stderr, flush=True)
        if stopped is not None:
            if ended.exception() is None:
                self._ended_with(ended.result())
            raise stopped
        return ended.result()

    def _ended_with(self, told):
        self.report = [NodeResult(*node) for node in told[2]]
        return told

    def _draw(self):
        if not self._line:
            return
        with self._lock:
            done, failed, last = len(self._ended), list(self._ended.values()).count("failed"), self._last
        self._line.draw(done / self._total if self._total else None, f"{done}/{self._total} {last}", failed)

    def tell(self, result):
        """Logs what came of a node, unless its last step said so."""
        if self._told.get(result.node) != result.text:
            self._log(result.node, result.text, result.ok)

    def _log(self, node, text, ok):
        self._told[node] = text
        level = logging.INFO if ok else logging.ERROR
        if log.isEnabledFor(level):
            self._line.hide()
            log.log(level, "%s: %s", self._cluster, f"{node}: {text}" if node else text)


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
