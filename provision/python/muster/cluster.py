"""Clusters that come and go."""

import json
import os

from . import _failures, _provision, providers, repository
from ._cluster_life import Life
from ._foreign import values_of
from ._watch import log
from .exceptions import ClusterError, ConfigurationError, NodeNotFound
from .node import Node
from .providers._native_class import user_name
from .repository import AbstractClusterRepository

_OF_NODE = ("image_id", "image_user", "flavor", "security_group", "image_userdata")


class Cluster(Life):
    """A cluster: nodes of some kinds, where they come from, what sets them up, and where all that is kept.

    name: a letter, then letters, digits, '_', '.' or '-'
    cloud_provider, setup_provider: of this package, or of one's own
    ssh_key_name, ssh_key_pub, ssh_key_priv: kept, and given to the provider
    repository: otherwise the SqliteRepository of this user
    start_timeout: seconds that start() waits
    on_timeout: "stop" or "keep": what becomes of the nodes when that time is over
    min_nodes: {kind: how many have to live}; of other kinds all

    The form of later versions is accepted, too: Cluster(name, user_key_name, user_key_public, user_key_private,
    cloud_provider, setup_provider). Further keywords are kept in .extra. Thread-safe.
    """

    def __init__(self, name, cloud_provider=None, setup_provider=None, ssh_key_name="", ssh_key_pub="", ssh_key_priv="",
                 repository=None, *, user_key_name=None, user_key_public=None, user_key_private=None, start_timeout=600,
                 on_timeout="stop", min_nodes=None, **extra):
        if isinstance(cloud_provider, str):  # the keys stand first
            if not (ssh_key_name or ssh_key_pub):  # it stands alone
                providers.refuse_as_provider(cloud_provider)
            cloud_provider, setup_provider, ssh_key_name, ssh_key_pub, ssh_key_priv = \
                (ssh_key_pub or None), (ssh_key_priv or None), cloud_provider, setup_provider or "", ssh_key_name
        if on_timeout not in ("stop", "keep"):
            raise ConfigurationError(f"on_timeout is {on_timeout!r}; it has to be 'stop' or 'keep'")
        record = {
            "name": name, "owner": user_name(), "min_nodes": dict(min_nodes or {}),
            "key_name": _first(user_key_name, extra.pop("key_name", None), ssh_key_name),
            "key_public": _first(user_key_public, extra.pop("key_pub", None), ssh_key_pub),
            "key_private": _first(user_key_private, extra.pop("key_priv", None), ssh_key_priv),
            "start_timeout": int(start_timeout), "keeps_on_timeout": on_timeout == "keep", "nodes": [],
            "groups": _groups_of(setup_provider), "extra": texts_of(extra),
        }
        self._begin(record, cloud_provider, setup_provider, _repository_of(repository))
        self._refuse_another_of_this_name()

    @classmethod
    def _of(cls, text, kept_in, setup_provider=None):
        """A cluster that is in a repository (None: in none); its providers are made again."""
        record = json.loads(text)
        cluster = cls.__new__(cls)
        cluster.__dict__["_problems"] = {}
        made = []
        for what, make in (("cloud_provider", lambda: providers.provider_of(record["provider"])),
                           ("setup_provider", lambda: setup_provider
                            or providers.setup_of(record["setup"], record["groups"]))):
            try:
                made.append(make())
            except (ConfigurationError, NotImplementedError) as error:
                made.append(None)
                cluster._problems[what] = str(error)
        if kept_in is None:
            kept_in = repository.MemRepository()
            kept_in._native.save(text)
        cluster._begin(record, *made, kept_in, is_stored=True)
        return cluster

    @classmethod
    def from_dict(cls, data, repository=None):
        """A cluster of what to_dict() gave."""
        record = dict(data, extra=texts_of(data.get("extra", {})))
        record["nodes"] = [dict(node, extra=texts_of(node.get("extra", {}))) for node in data.get("nodes", [])]
        return cls._of(json.dumps(record), repository)

    def _begin(self, record, cloud_provider, setup_provider, kept_in, is_stored=False):
        self.__dict__.setdefault("_problems", {})
        self._is_stored = is_stored  # the repository has it
        self._handles = {}
        self._last_of_kind = {}  # the records of nodes that were removed: of a kind that has none now
        self._cloud_provider, self._setup_provider, self._repository = cloud_provider, setup_provider, kept_in
        self.report = []
        self.setup_error = ""
        self._make(record)

    def _make(self, record):
        """The library's cluster of this record and of what was set."""
        provider, provider_adapter = providers.native_provider(self._cloud_provider)
        setup, setup_adapter = providers.native_setup(self._setup_provider)
        kept_in, repository_adapter = repository.native_of(self._repository)
        for what, native in (("provider", provider), ("setup", setup)):
            if native is not None:
                record[what] = json.loads(native.record())
        with _failures.told(ClusterError):
            make = _provision.Cluster.of if self._is_stored else _provision.Cluster.make
            self._native = make(json.dumps(record), provider, setup, kept_in)
        for adapter in (provider_adapter, setup_adapter, repository_adapter):
            if adapter is not None:
                adapter.bind(self)

    def _refuse_another_of_this_name(self):
        try:
            other = self._repository.get(self.name)
        except LookupError:
            return
        except Exception:
            if isinstance(self._repository, AbstractClusterRepository):
                raise
            return  # of somebody's, which says in its own way that there is none
        living = [node.name for node in other.get_all_nodes() if node.instance_id]
        if living:
            raise ClusterError(f"there is a cluster {self.name} already in {self._repository!r}, with instances of "
                               f"{', '.join(living)}: take it with repository.get({self.name!r}), or stop() it first")

    def _change(self, **fields):
        self._make({**self._record(), **fields})

    def _record(self):
        return json.loads(self._text())

    def _text(self):
        return self._native.record()

    # ---- What it is ----

    name = property(lambda self: self._record()["name"])
    extra = property(lambda self: values_of(self._record()["extra"]))
    user_key_name = property(lambda self: self._record()["key_name"])
    user_key_public = property(lambda self: os.path.expanduser(self._record()["key_public"]))
    user_key_private = property(lambda self: os.path.expanduser(self._record()["key_private"]))
    start_timeout = property(lambda self: self._record()["start_timeout"],
                             lambda self, seconds: self._change(start_timeout=int(seconds)))
    cloud_provider = property(lambda self: self._cloud_provider, lambda self, it: self._set_provider(it))
    setup_provider = property(lambda self: self._setup_provider, lambda self, it: self._set_setup(it))
    repository = property(lambda self: self._repository, lambda self, it: self._set_repository(it))

    def _set_provider(self, provider):
        providers.check_provider(provider)
        self._cloud_provider = provider
        self._problems.pop("cloud_provider", None)
        self._make(self._record())

    def _set_setup(self, setup):
        providers.check_setup(setup)
        self._setup_provider = setup
        self._problems.pop("setup_provider", None)
        self._make({**self._record(), "groups": _groups_of(setup) or self._record()["groups"]})

    def _set_repository(self, kept_in):
        self._repository = _repository_of(kept_in)
        self._is_stored = False
        self._make(self._record())

    def to_dict(self, omit=()):
        """What is kept of it: plain data. from_dict() makes a cluster of it again."""
        record = self._record()
        record["extra"] = values_of(record["extra"])
        record["nodes"] = [dict(node, extra=values_of(node["extra"])) for node in record["nodes"]]
        return {name: value for name, value in record.items() if name not in omit}

    def keys(self):
        return self.to_dict().keys()

    def __getitem__(self, name):
        return self.to_dict()[name]

    def __reduce__(self):
        return Cluster._of, (self._text(), None)

    def __repr__(self):
        record = self._record()
        return f"<Cluster {record['name']}: {len(record['nodes'])} nodes>"

    # ---- Its nodes ----

    def add_node(self, kind, image_id="", image_user="", flavor="", security_group="", image_userdata="", name=None,
                 **extra):
        """A new Node, which is not started. `kind`: small letters, digits and '-', with no digit at the end; else
        ValueError. Without a name it is called after its kind: the lowest number that is free."""
        given = dict(zip(_OF_NODE, (image_id, image_user, flavor, security_group, image_userdata)))
        given = {key: "" if value is None else str(value) for key, value in given.items()}
        node = {"kind": kind, "name": name or "", **given, "extra": texts_of(extra)}
        with _failures.told(ClusterError):
            added = json.loads(self._native.add_node(json.dumps(node)))
        self._handles.pop(added["name"], None)  # a number that was free: another node had it
        return self._handle(added["name"])

    def add_nodes(self, kind, num, image_id="", image_user="", flavor="", security_group="", image_userdata="",
                  **extra):
        """`num` of them, 0 to 100000, as a list."""
        if not 0 <= num <= 100000:
            raise ValueError(f"add_nodes takes 0 to 100000 nodes, and not {num}")
        return [self.add_node(kind, image_id, image_user, flavor, security_group, image_userdata, **extra)
                for _ in range(num)]

    def remove_node(self, node, stop=False):
        """The node is none of the cluster any more; with `stop` its instance is stopped first."""
        handle = self.get_node_by_name(node) if isinstance(node, str) else node
        last = handle._record()
        if stop:
            self._needs_provider()
        with _failures.told(ClusterError, not_found=NodeNotFound):
            self._native.remove_node(handle.name, stop)
        self._left(handle, last)

    def _left(self, node, last):
        """The node is none of the cluster any more; `last`: what its record said."""
        node._last = self._last_of_kind[last["kind"]] = last
        self._handles.pop(node.name, None)

    @property
    def nodes(self):
        """{kind: [Node, …]}, in the order in which they were added."""
        by_kind = {}
        for node in self._record()["nodes"]:
            by_kind.setdefault(node["kind"], []).append(self._handle(node["name"]))
        return by_kind

    def get_all_nodes(self):
        """All nodes, kind by kind, as a list of the caller's own."""
        return [node for nodes in self.nodes.values() for node in nodes]

    def get_node_by_name(self, nodename):
        """NodeNotFound: there is none."""
        with _failures.told(ClusterError, not_found=NodeNotFound):
            self._native.node(nodename)
        return self._handle(nodename)

    def get_ssh_to_node(self, ssh_to=None):
        """The node to log in to: of this name; of this kind; else of ssh, login, frontend or master; else the first of
        the first kind. NodeNotFound."""
        with _failures.told(ClusterError, not_found=NodeNotFound):
            found = self._native.node_to_log_in_to(ssh_to or self.extra.get("ssh_to") or "")
        return self._handle(json.loads(found)["name"])

    get_frontend_node = get_ssh_to_node

    def _handle(self, name):
        return self._handles.setdefault(name, Node(self, name))

    def _node_of_instance(self, instance):
        for node in self._record()["nodes"]:
            if node["instance"]["id"] == instance:
                return self._handle(node["name"])
        return None


def _first(*values):
    return next((str(value) for value in values if value), "")


def texts_of(extra):
    """Keywords as JSON texts."""
    texts = {}
    for name, value in extra.items():
        try:
            texts[name] = json.dumps(value)
        except (TypeError, ValueError):
            raise TypeError(f"{name} is a {type(value).__name__}, which cannot be kept: it has to be plain data "
                            "(texts, numbers, lists, dicts)") from None
    return texts


def _groups_of(setup):
    groups = getattr(setup, "groups", None)
    if not isinstance(groups, dict):
        return {}
    return {str(kind): [names] if isinstance(names, str) else [str(name) for name in names]
            for kind, names in groups.items()}


def _repository_of(given):
    return repository.SqliteRepository() if given is None else given


__all__ = ["Cluster", "Node", "log"]
