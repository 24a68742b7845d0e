"""What is said of nodes, and what they say."""

import collections

from . import _display

Node = collections.namedtuple("Node", "name address")
Event = collections.namedtuple("Event", "node stream data")


class NodeCheck(dict):
    """What a node said of itself: name, functional, state, reason, version, python, cores, workers (functions at
    once), memory (bytes), load, running (executions) and slots ({name: {"total", "free", "waiting"}}). Truthy
    when it is functional."""

    def __bool__(self):
        return self["functional"]

    __repr__ = _display.node_check_repr
    _repr_html_ = _display.node_check_html


class ClusterCheck(list):
    """A NodeCheck for each node. Truthy when all are functional."""

    def __bool__(self):
        return all(self)

    __repr__ = _display.cluster_check_repr
    _repr_html_ = _display.check_html
