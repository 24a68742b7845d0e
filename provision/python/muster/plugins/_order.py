"""What a caller asks for, from plain data to nodes and folders."""

import contextlib
import sys

from . import logger
from ._connections import Connections
from .loader import folders_of, own_folders, section_of
from .node import Node
from .static import current_user

_MASTERS = ("master", "frontend", "head", "login")


def by_master(told):
    """Nodes with the master first: the first of a kind that masters have, else the first of all."""
    for kind in _MASTERS:
        for place, node in enumerate(told):
            if node.get("kind") == kind:
                return [node, *told[:place], *told[place + 1:]]
    return list(told)


class Order:
    """One order. `told`: plain data; what is missing is as usual.

    cluster, user, user_shell, reason, on_failure, again, reload, plugin, hook: as told
    nodes: Nodes, the master first; sections: of the plugins; folders: where plugins are
    receipt: what the last answer gave; answer_path: a file that has the answer so far, for who hears no answer; leaving, only: names of nodes
    """

    def __init__(self, told):
        self.cluster = told.get("cluster") or ""
        self.user = told.get("user") or current_user()
        self.user_shell = told.get("user_shell") or "bash"
        self.sections = [section_of(plugin) for plugin in told.get("plugins") or []]
        self.receipt = told.get("receipt") or {}
        self.own_folders = own_folders() if told.get("paths") is None else list(told["paths"])
        self.folders = folders_of(self.own_folders)
        self.log_folder = told.get("log_folder") or logger.default_folder()
        self.debug = bool(told.get("debug"))
        self.on_failure = told.get("on_failure") or "stop"
        self.again = bool(told.get("again"))
        self.reload = bool(told.get("reload"))
        self.reason = told.get("reason") or "start"
        self.leaving = list(told.get("leaving") or [])
        self.plugin = told.get("plugin") or ""
        self.hook = told.get("hook") or "run"
        self.only = list(told.get("only") or [])
        self.answer_path = told.get("answer_path") or ""
        nodes = by_master(told.get("nodes") or [])
        places = [(node["name"], node["address"], node.get("kind", "")) for node in nodes]
        self._connections = Connections(self.cluster, places)
        self.nodes = [Node(node, self._connections, place == 0, self.cluster) for place, node in enumerate(nodes)]

    @property
    def master(self):
        return self.nodes[0] if self.nodes else None

    def named(self, names):
        """The nodes of those names, in the order of the cluster; all, of no names. KeyError: one is none."""
        by_name = {node.alias: node for node in self.nodes}
        wanted = {by_name[name] for name in names}
        return [node for node in self.nodes if node in wanted] if names else list(self.nodes)

    def __enter__(self):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError, ValueError):
                # What a plugin prints is seen as it comes, whatever it is.
                errors = "backslashreplace" if stream.errors == "strict" else None
                stream.reconfigure(line_buffering=True, errors=errors)
        self._before = logger.configure(self.log_folder, self.debug)
        return self

    def __exit__(self, *_):
        self._connections.close()
        logger.configure(*self._before)
