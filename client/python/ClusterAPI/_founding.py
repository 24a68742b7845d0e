"""The functions that programs for the cluster have always called."""

import os
import threading

from . import _errors, _native
from ._stream import ValueStream, run_here

_lock = threading.Lock()
_cluster = None


def shared():
    """The cluster of the configuration, connected at first use; a failure is not kept."""
    global _cluster
    with _lock:
        if _cluster is None:
            _cluster = _native.Cluster.connect("", "")
        return _cluster


def clustercheck():
    """Whether all nodes of the cluster are functional. Asks them all at once; takes 2 seconds at most."""
    return all(node["functional"] for node in shared().check(2.0))


def getClusterLength():
    """The number of nodes of the cluster. getClusterLenght is the same, in its old spelling."""
    return len(shared())


def getClusterLenght():
    """getClusterLength in its old spelling."""
    return getClusterLength()


def execute(server, command, highValue=0):
    """Runs Python on one node and returns str() of its value: the value of a last expression; an empty
    string when there is none. Statements run, and what they print appears here as it is printed there.
    Waits for the end; other threads go on.

    server: the node, counted from 1, or its name
    command: Python source, at most 3 MiB
    highValue: 1 gives an object that brings the value in pieces while the node still makes it:
        iterating over it never holds the whole, str() of it does. Of an iterator each item is a piece.
        With MUSTER_LEGACY_PRINT=yes in the environment the pieces are printed as they come, and the
        result is one space, as of the first version.

    Raises RemoteError when it did not end well, with the node's traceback; when the server does not
    exist; when the node cannot be reached. Ctrl-C stops the command on the node.
    """
    if highValue == 1:
        pieces = ValueStream(shared(), server, command)
        return _printed(pieces) if os.environ.get("MUSTER_LEGACY_PRINT") == "yes" else pieces
    outcome = run_here(shared(), server, command)
    if not outcome.ok:
        raise _errors.make(outcome)
    return outcome.text()


def _printed(pieces):
    try:
        for piece in pieces:
            print(piece, end="", flush=True)
        print()
    finally:
        pieces.close()
    return " "


def setCallmethod(server, method):
    """Of the first version: nodes evaluated C++ after it. Not offered; Python is the method."""
    if method != "python":
        raise NotImplementedError("the C++ call method is not offered: compile the program and run it on the "
                                  "nodes with ClusterAPI.connect().shell(\"./program\")")
    return True


def setCallmethodAll(method):
    """As setCallmethod, of all nodes."""
    return setCallmethod(0, method)
