"""How plugins reach the nodes: through the clusterd of each."""

import collections
import itertools
import threading
import weakref

import ClusterAPI
from ClusterAPI._errors import make
from ClusterAPI._stream import Followed

from .. import _nodes_configuration

STOP_TIME = 3.0  # seconds that the end of a command is waited for which was interrupted

# How a command ended: in one of ClusterAPI's words, its exit code, its signal, one line of how, and all that
# it printed.
Ended = collections.namedtuple("Ended", "kind exit_code signal description stdout stderr")

_counter = itertools.count(1)
_running = weakref.WeakSet()  # commands of any thread, so that Ctrl-C in one ends all


class Connections:
    """To the nodes of one cluster, made when the first command needs one. Thread-safe."""

    def __init__(self, cluster, nodes):
        """`nodes`: (name, address, kind)"""
        self._name = cluster or f"plugins{next(_counter)}"
        self._nodes = list(nodes)
        self._cluster = None
        self._lock = threading.Lock()

    def cluster(self):
        """The ClusterAPI.Cluster of them."""
        with self._lock:
            if self._cluster is None:
                with _nodes_configuration.configuration(self._name, self._nodes) as path:
                    self._cluster = ClusterAPI.connect(self._name, path)
            return self._cluster

    def run(self, node, words, *, data=b"", timeout=None, on_output=None):
        """Runs a program with its arguments on the node and waits: an Ended. `on_output(is_stdout, data)`: called with
        each piece. Whatever interrupts it here stops it there, with all that it started. What it leaves running
        when it ends by itself goes on."""
        options = {"leftovers": "keep", "deadline": timeout, "input": data or None}
        followed = Followed(self.cluster()._native, [node], True, "argv", words, "repr", options)
        output = (bytearray(), bytearray())
        outcome = None
        _running.add(followed)
        try:
            for _, pieces, ended in followed:
                for is_stdout, piece in pieces:
                    output[0 if is_stdout else 1].extend(piece)
                    if on_output is not None:
                        on_output(is_stdout, piece)
                outcome = ended or outcome
        except BaseException:
            followed.stop(STOP_TIME)
            raise
        finally:
            _running.discard(followed)
        if outcome is None:
            raise KeyboardInterrupt  # the end was taken by an interrupt
        reason = str(make(outcome)) if not outcome.ok else "ok"
        return Ended(outcome.kind, outcome.exit_code, outcome.signal, reason, bytes(output[0]), bytes(output[1]))

    def put(self, node, local, remote, directory=None):
        """Copies files and folders to the node. RemoteError: what was not copied."""
        self.cluster().put(local, remote, targets=node, progress=False, directory=directory)

    def get(self, node, remote, local, directory=None):
        """Copies files and folders of the node here."""
        self.cluster().get(remote, local, targets=node, progress=False, directory=directory)

    def check(self, timeout=10.0):
        """What every node answers, by name."""
        return {answer["name"]: answer for answer in self.cluster().check(timeout)}

    def close(self):
        with self._lock:
            if self._cluster is not None:
                self._cluster.close()
                self._cluster = None


def stop_all():
    """Stops every command that runs, of whichever thread."""
    for followed in list(_running):
        followed.cancel()
