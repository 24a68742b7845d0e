"""Runs Python and commands on the nodes of a cluster.

The cluster is the one of the configuration: the file that MUSTER_CONFIG names, ./cluster.conf,
~/.config/muster/cluster.conf or /etc/muster/cluster.conf, the first that is there; without one, the
clusterd of this machine. It is connected at first use.

    import ClusterAPI
    ClusterAPI.execute(1, "1+1", 0)              # '2'

    with ClusterAPI.connect() as cluster:        # or local(3): three nodes on this machine
        future = cluster.submit(pow, 2, 100)     # a future, as of concurrent.futures
        squares = list(cluster.map(lambda x: x * x, range(1000)))
        cluster.run(lambda: __import__("os").uname().release)    # {node: result}
"""

from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, as_completed, wait

from ._cluster import Cluster, View, connect, gather, local
from ._errors import Cancelled, DeadlineExceeded, NodeLost, NodeUnreachable, Refused, RemoteError
from ._executor import Executor
from ._files import FileProgress
from ._founding import clustercheck, execute, getClusterLenght, getClusterLength, setCallmethod, setCallmethodAll
from ._future import Future
from ._native import Outcome
from ._native import version as __version__
from ._nodes import ClusterCheck, Event, Node, NodeCheck
from ._program import program
from ._progress import Progress
from ._session import Session
from ._stream import ValueStream

__all__ = [
    "clustercheck", "getClusterLength", "getClusterLenght", "execute", "setCallmethod", "setCallmethodAll",
    "program", "connect", "local", "Cluster", "View", "Node", "NodeCheck", "ClusterCheck", "Event", "Outcome", "ValueStream",
    "Session", "FileProgress", "Progress", "Future", "Executor", "gather", "as_completed", "wait", "ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION",
    "RemoteError", "NodeUnreachable", "NodeLost", "Refused", "DeadlineExceeded", "Cancelled",
]


def load_ipython_extension(shell):
    """`%load_ext ClusterAPI`: gives IPython %%cluster and %cluster."""
    from . import _ipython
    _ipython.load(shell)


def unload_ipython_extension(shell):
    """`%unload_ext ClusterAPI`: takes them back, and ends their sessions."""
    from . import _ipython
    _ipython.unload(shell)


# As the documentation names them, wherever they are defined.
for _thing in (Cluster, View, Session, Executor, Future, Outcome, ValueStream, RemoteError, NodeUnreachable, NodeLost, Refused,
               DeadlineExceeded, Cancelled):
    _thing.__module__ = "ClusterAPI"
del _thing
