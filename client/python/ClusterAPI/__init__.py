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

from ._cluster import Cluster, ClusterCheck, Event, Node, NodeCheck, View, connect, gather, local
from ._errors import Cancelled, DeadlineExceeded, NodeLost, NodeUnreachable, Refused, RemoteError
from ._executor import Executor
from ._founding import clustercheck, execute, getClusterLenght, getClusterLength, setCallmethod, setCallmethodAll
from ._future import Future
from ._native import Outcome
from ._native import version as __version__
from ._stream import ValueStream

__all__ = [
    "clustercheck", "getClusterLength", "getClusterLenght", "execute", "setCallmethod", "setCallmethodAll",
    "connect", "local", "Cluster", "View", "Node", "NodeCheck", "ClusterCheck", "Event", "Outcome", "ValueStream",
    "Future", "Executor", "gather", "as_completed", "wait", "ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION",
    "RemoteError", "NodeUnreachable", "NodeLost", "Refused", "DeadlineExceeded", "Cancelled",
]

# As the documentation names them, wherever they are defined.
for _thing in (Cluster, View, Executor, Future, ValueStream, RemoteError, NodeUnreachable, NodeLost, Refused,
               DeadlineExceeded, Cancelled):
    _thing.__module__ = "ClusterAPI"
del _thing
