"""What happens to a cluster: the methods of Cluster that take their time."""

import concurrent.futures
import difflib
import json

import ClusterAPI

from . import _failures
from . import _nodes_configuration as addresses
from ._watch import Watcher, log
from .exceptions import (ClusterError, ClusterNotFound, ConfigurationError, InstanceError, NodeNotFound,
                         SetupProviderError)


class Life:
    """Those methods. Ctrl-C: nothing new is begun, what is under way is waited for and saved, and KeyboardInterrupt
    is raised; a second one does not wait."""

    def start(self, min_nodes=None, max_concurrent_requests=0, *, timeout=None, on_timeout=None, only=()):
        """Starts all nodes that do not live (of `only`: names of nodes, or Nodes), several at once, and waits until
        they do. Returns what came of each, as .report has it. ClusterSizeError: fewer live than `min_nodes` (of
        kinds that are not in it: all) say, those that live stay; TimeoutError: the time is over, and the nodes were
        stopped, unless on_timeout is "keep".

        max_concurrent_requests: starts at once; 0: 4 for each core; 1: one after the other
        """
        self._needs_provider()
        if on_timeout not in (None, "stop", "keep"):
            raise ConfigurationError(f"on_timeout is {on_timeout!r}; it has to be 'stop' or 'keep'")
        options = {"min_nodes": dict(min_nodes or {}), "only": _names(only),
                   "max_concurrent": 0 if max_concurrent_requests == 0 else max(1, max_concurrent_requests),
                   "timeout": None if timeout is None else int(timeout),
                   "keeps_on_timeout": None if on_timeout is None else on_timeout == "keep"}
        self._is_stored = True
        return self._watched("starting", only, lambda watcher: self._native.start(options, watcher))

    def stop(self, force=False, wait=False):
        """Stops all nodes at once, and forgets the cluster when they are gone. ClusterError: some could not be
        stopped, the cluster is kept, and stop() can be called again; with `force` it is forgotten all the same, and
        what could not be stopped is logged and stands in .report."""
        if any(node.instance_id for node in self.get_all_nodes()):
            self._needs_provider()
        try:
            self._watched("stopping", (), lambda watcher: self._native.stop([], True, force, watcher))
        except ClusterNotFound as error:  # another program stopped it
            log.info("%s: it was stopped: %s", self.name, error)
        except ClusterError:  # logged
            if not force or not self.report:  # without a report nothing was tried: another program has it, say
                raise
        self._is_stored = False
        return self.report

    def pause(self):
        """Suspends all nodes; resume() goes on with them."""
        self._pause_nodes(())

    def resume(self):
        """Resumes what was paused, and tells the setup."""
        self._resume_nodes(())

    def setup(self, extra_args=()):
        """Configures the nodes. Whether it worked; why not is logged, and in .setup_error."""
        try:
            self._set_up([str(word) for word in extra_args])
        except (SetupProviderError, ClusterError, NotImplementedError, ConfigurationError, InstanceError) as error:
            self.setup_error = str(error)
            log.error("%s: the nodes are up and running, but could not be set up: %s", self.name, error)
            return False
        self.setup_error = ""
        return True

    def _set_up(self, arguments):
        if self._setup_provider is None and "plugins" not in self._record()["receipts"]:
            raise SetupProviderError(self._problems.get("setup_provider", f"cluster {self.name} has no setup provider"))
        self._watched("setting up", (), lambda watcher: self._native.set_up(arguments, watcher), SetupProviderError)

    def resize(self, *, setup=False, **changes):
        """Adds nodes, as resize(compute=2), which are like the last one of their kind, and starts them; or removes
        and stops those with the highest numbers, as resize(compute=-2). What lives is not touched. Returns the new
        nodes. `setup`: calls setup() then. ConfigurationError: the cluster has no such kind (add_node() makes the
        first of one), or not so many; nothing was changed."""
        self._needs_provider()
        by_kind = self.nodes
        removed = []
        for kind, change in changes.items():
            self._refuse_unknown_kind(kind)
            of_kind = sorted(by_kind.get(kind, []), key=lambda node: (len(node.name), node.name))
            if change < 0 and -change > len(of_kind):
                raise ConfigurationError(f"{-change} nodes of {kind} cannot be removed: there are {len(of_kind)}")
            removed += of_kind[change:] if change < 0 else []
        if removed:
            self._remove_nodes(removed)
        added = [node for kind, change in changes.items() if change > 0 for node in self._like_the_last(kind, change)]
        if added:
            self.start(only=added, on_timeout="keep")
        if setup:
            self.setup()
        return added

    def _refuse_unknown_kind(self, kind):
        record = self._record()
        known = list(dict.fromkeys([*self.nodes, *self._last_of_kind, *record["min_nodes"], *record["groups"]]))
        if kind in known:
            return
        near = difflib.get_close_matches(kind, known, 1)
        raise ConfigurationError(
            f"{self.name} has no kind {kind!r}; it has: {', '.join(known) or 'none'}"
            + (f"; did you mean {near[0]}?" if near else f"; add_node({kind!r}) makes the first node of a new kind"))

    def _like_the_last(self, kind, count):
        like = [node for node in self._record()["nodes"] if node["kind"] == kind]
        like = like or [node for node in (self._last_of_kind.get(kind),) if node is not None]
        fields = ("image_id", "image_user", "flavor", "security_group", "image_userdata")
        given = {name: like[-1][name] for name in fields} if like else {}
        extra = {name: json.loads(text) for name, text in like[-1]["extra"].items()} if like else {}
        return self.add_nodes(kind, count, **given, **extra)

    def update(self):
        """Asks the provider about all nodes, at once, and keeps what it says."""
        with concurrent.futures.ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda node: node.is_alive(), self.get_all_nodes()))
        with _failures.told(ClusterError):
            self._native.save()
        self._is_stored = True

    def recover(self):
        """Finishes what a program that was killed began. A line for each node that was another than recorded."""
        self._needs_provider()
        with _failures.told(ClusterError):
            return self._native.recover()

    def cluster(self):
        """A ClusterAPI.Cluster of its nodes that have an address, with tags kind:KIND; hosts are reached
        through ssh."""
        nodes = [(node.name, addresses.address_of(node.ips, node.image_user), node.kind)
                 for node in self.get_all_nodes()]
        reachable = [node for node in nodes if node[1] is not None]
        if not reachable:
            raise ClusterError(f"no node of {self.name} has an address; start() it first")
        with addresses.configuration(self.name, reachable) as path:
            return ClusterAPI.connect(self.name, path)

    connect = cluster

    # ---- For nodes ----

    def _start_node(self, node):
        self._needs_provider()
        log.info("%s: %s: starting", self.name, node.name)
        if not self._is_stored:  # as a whole, before anything of it exists
            with _failures.told(ClusterError):
                self._native.save()
            self._is_stored = True
        try:
            with _failures.told(InstanceError, not_found=NodeNotFound):
                self._native.start_node(node.name)
        except Exception as error:
            log.error("%s: %s: %s", self.name, node.name, error)
            raise

    def _stop_nodes(self, nodes):
        if any(node.instance_id for node in nodes):
            self._needs_provider()
        names = _names(nodes)
        self._watched("stopping", names, lambda watcher: self._native.stop(names, False, False, watcher), InstanceError)

    def _remove_nodes(self, nodes):
        lasts = {node.name: node._record() for node in nodes}
        try:
            self._watched("removing", nodes, lambda watcher: self._native.remove(list(lasts), watcher))
        finally:
            left = {node["name"] for node in self._record()["nodes"]}
            for node in nodes:
                if node.name not in left:
                    self._left(node, lasts[node.name])

    def _pause_nodes(self, nodes):
        self._needs_provider()
        names = _names(nodes)
        self._watched("pausing", names, lambda watcher: self._native.pause(names, watcher), InstanceError)

    def _resume_nodes(self, nodes):
        self._needs_provider()
        names = _names(nodes)
        self._watched("resuming", names, lambda watcher: self._native.resume(names, watcher), InstanceError)

    # ---- How it is done ----

    def _needs_provider(self):
        if self._cloud_provider is None:
            raise ConfigurationError(self._problems.get(
                "cloud_provider", f"cluster {self.name} has no cloud provider: set cluster.cloud_provider"))

    def _watched(self, what, nodes, work, otherwise=ClusterError):
        not_found = NodeNotFound if nodes else ClusterNotFound
        watcher = Watcher(self.name, what, len(nodes) or len(self._record()["nodes"]))
        try:
            with _failures.told(otherwise, not_found=not_found):
                code, message, _ = watcher.run(work)
        except KeyboardInterrupt:
            log.error("%s: %s was interrupted; %s", self.name, what,
                      _told(watcher.report) or "what it came to is not known")
            raise
        finally:
            if what != "setting up":  # which tells of no nodes
                self.report = watcher.report
        for node in watcher.report:
            watcher.tell(node)
        if code != "OK":
            error = _failures.made(code, message, otherwise, not_found)
            error.report = self.report
            if not isinstance(error, ClusterNotFound):
                log.error("%s: %s: %s", self.name, what, message)
            raise error
        return self.report


def _names(nodes):
    return [node if isinstance(node, str) else node.name for node in nodes]


def _told(report):
    return ", ".join(f"{node.node} {node.text}" for node in report)
