"""Clusters that run, by the names of StarCluster's: for plugins and the development shell."""

import difflib
import json

import ClusterAPI

from . import exception
from ._door import call
from ._order import Order, by_master
from .logger import log


class Cluster:
    """A cluster that runs. nodes (the master first), master_node, cluster_tag, cluster_user, cluster_shell, plugins."""

    def __init__(self, tag, order):
        self.cluster_tag = self.name = tag
        self.order = order
        self._opened = Order(order)
        self.nodes = self.running_nodes = self._opened.nodes
        self.master_node = self._opened.master
        self.cluster_user, self.cluster_shell = self._opened.user, self._opened.user_shell
        self.volumes = {}
        self.plugins = self._opened.sections

    cluster_size = property(lambda self: len(self.nodes))

    def get_node(self, identifier):
        """A node by its alias, id or address, or by its place from 0. InstanceDoesNotExist: there is none."""
        if isinstance(identifier, int) and not isinstance(identifier, bool):
            if 0 <= identifier < len(self.nodes):
                return self.nodes[identifier]
        for node in self.nodes:
            if identifier in (node.alias, node.id, node.address, *node.ips):
                return node
        known = ", ".join(node.alias for node in self.nodes)
        raise exception.InstanceDoesNotExist(f"{identifier} (the cluster has: {known})", "node")

    def __repr__(self):
        return f"<Cluster: {self.cluster_tag} ({len(self.nodes)} nodes)>"


class ClusterManager:
    """The clusters of this user, and those of the configuration."""

    def __init__(self, cfg, default=""):
        self._cfg = cfg
        self._default = default

    def get_cluster(self, cluster_name=None, *_, **__):
        """The Cluster of that name. ClusterDoesNotExist: none of that name runs."""
        tag = cluster_name or self._default
        return Cluster(tag, order_of(tag, self._cfg))

    def get_started_names(self):
        """Those of this user that were started, sorted."""
        from ..repository import SqliteRepository
        return sorted(cluster.name for cluster in SqliteRepository().get_all())

    def get_cluster_names(self):
        """Those, and all of the configuration."""
        return sorted({*self.get_started_names(), *self._cfg.get_cluster_names()})

    def run_plugin(self, plugin_name, cluster_tag=None, cfg=None):
        """As the function run_plugin()."""
        run_plugin(plugin_name, cluster_tag or self._default, cfg or self._cfg)

    def list_clusters(self, *_, **__):
        """Prints their names."""
        for name in self.get_cluster_names():
            print(name)


def run_plugin(plugin_name, cluster_tag, cfg):
    """Runs one plugin on a cluster, with its file and settings as they are now. PluginError: it did not go well, and
    why, which is logged already with the last lines of what ran."""
    cfg.load()
    section = cfg.get_plugin(plugin_name)
    order = order_of(cluster_tag, cfg)
    order["plugins"] = [section._asdict()]
    from .._provision import StatusError
    try:
        answer = _kept(cluster_tag, lambda receipt: call(
            {**order, "receipt": receipt, "plugin": plugin_name, "hook": "run"}, "run"))
    except StatusError as error:  # no node of it runs, or somebody else changes it
        log.error("%s", error.args[1])
        raise exception.PluginError(error.args[1]) from None
    if not answer["ok"]:
        raise exception.PluginError(answer["message"])
    log.info("%s", answer["message"])


def _kept(tag, work):
    """The answer of work(receipt); of a cluster that was started its receipt is kept, and nobody else changes it
    meanwhile."""
    from ..exceptions import ClusterNotFound
    from ..repository import SqliteRepository
    try:
        cluster = SqliteRepository().get(tag)
    except ClusterNotFound:
        return work({})
    answers, errors = [], []

    def run(text):
        try:
            answers.append(work(json.loads(text or "{}")))
            told = json.dumps(answers[0]["receipt"], ensure_ascii=False)
            return told.encode("utf-8", "replace").decode()  # no lone surrogates
        except BaseException as error:
            errors.append(error)
            return text
    cluster._native.with_receipt("plugins", run)
    if errors:
        raise errors[0]
    return answers[0]


def order_of(tag, cfg):
    """What is known of a cluster, as an order of plugins: of one that was started its record, else its nodes as the
    configuration lists them. ClusterDoesNotExist: neither is there."""
    from ..exceptions import ClusterNotFound
    from ..repository import SqliteRepository
    try:
        known = SqliteRepository().get(tag).get_all_nodes()
        nodes = [_told(node) for node in known if node.state == "running" and node.ips]
    except ClusterNotFound:
        nodes = _listed(tag, cfg)
    try:
        sections = [section._asdict() for section in cfg.plugins_of(tag)]
    except exception.ConfigError:
        sections = []
    return {"cluster": tag, "nodes": by_master(nodes), "plugins": sections}


def _told(node):
    from .. import _nodes_configuration as addresses
    told = node.to_dict()
    return {"name": node.name, "address": addresses.address_of(node.ips, node.image_user), "kind": node.kind,
            "instance_id": node.instance_id, "image_id": node.image_id, "flavor": node.flavor, "state": node.state,
            "tags": {"kind": node.kind}, "facts": told["facts"], "ips": node.ips}


def _listed(tag, cfg):
    from ..repository import SqliteRepository
    known = sorted({*cfg.get_cluster_names(), *(cluster.name for cluster in SqliteRepository().get_all())})
    if tag not in known:
        near = difflib.get_close_matches(tag, known, 1)
        raise exception.ClusterDoesNotExist(
            f"there is no cluster {tag}; " + (f"there are: {', '.join(known)}" if known else "none is configured")
            + (f"; did you mean {near[0]}?" if near else ""))
    ours = [path for path in cfg.files if not path.endswith("/.starcluster/config")]
    try:
        if not ours:
            raise RuntimeError(f"`clustershell cluster create {tag}` starts it, of a template")
        nodes = ClusterAPI.connect(tag, ours[0]).nodes()
    except RuntimeError as error:
        raise exception.ClusterDoesNotExist(f"cluster {tag} does not run: {error}") from None
    return _plain(nodes)


def _plain(nodes):
    return [{"name": node.name, "address": node.address, "instance_id": node.address, "ips": [node.address]}
            for node in nodes]


def nodes_of(cluster):
    """The Nodes of a ClusterAPI.Cluster, the first as master: to try parts of a plugin in a program."""
    return Order({"nodes": _plain(cluster.nodes())}).nodes
