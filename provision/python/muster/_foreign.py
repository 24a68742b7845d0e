"""Adapters: how the library calls providers, setups and repositories that a program wrote. Texts (JSON) go in
and out; called from several threads at the same time; what goes wrong is a StatusError with one line."""

import functools
import json
import os
import types
import weakref

from . import _failures, _records, _signatures
from ._provision import StatusError


def _telling(method):
    """What the class behind raises becomes a StatusError that names class, method, and the node in question."""
    @functools.wraps(method)
    def call(self, *words):
        try:
            return method(self, *words)
        except Exception as error:
            raise _failures.status_of(error, self.describe(method.__name__, words)) from error
    return call


class _Adapter:
    def __init__(self, thing):
        self.thing = thing
        self.cluster = lambda: None  # a weak reference to the Cluster, once it is there

    def bind(self, cluster):
        self.cluster = weakref.ref(cluster)

    def record(self):
        return json.dumps(_records.record_of(self.thing))

    def check(self):
        """It is there: that is all."""
        return ""

    def describe(self, method, words):
        return f"{type(self.thing).__name__}.{method}"


def _text(value):
    """A value as a setting: a text as it is, else its JSON, else its str()."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value)
    except (TypeError, ValueError):
        return str(value)


def values_of(extra):
    """Keywords that are kept as JSON texts."""
    return {name: json.loads(text) for name, text in extra.items()}


class InstanceId(str):
    """The id of an instance, and what else its provider told of it."""

    def __new__(cls, instance_text):
        instance = json.loads(instance_text)
        made = super().__new__(cls, instance["id"])
        made.instance_id, made.ips, made.facts = str(made), instance["addresses"], instance["facts"]
        return made


class ProviderAdapter(_Adapter):
    """A cloud provider."""

    METHODS = {"start": "start_instance", "stop": "stop_instance", "is_running": "is_instance_running",
               "addresses": "get_ips", "pause": "pause_instance", "resume": "resume_instance", "find": "list_instances"}

    def describe(self, method, words):
        where = ""
        if method == "start":
            where = " of " + json.loads(words[1])["name"]
        elif method == "resume":
            where = " of " + json.loads(words[0])["name"]
        elif method != "find":
            instance = json.loads(words[0])["id"]
            node = self._node_of(instance)
            where = f" of {node.name} ({instance})" if getattr(node, "name", "") else f" of {instance}"
        return f"{type(self.thing).__name__}.{self.METHODS[method]}{where}"

    @_telling
    def start(self, cluster_text, node_text):
        cluster = json.loads(cluster_text or "{}")
        node = json.loads(node_text)
        name = cluster.get("name", "")
        values = {
            "key_name": cluster.get("key_name", ""),
            "public_key_path": os.path.expanduser(cluster.get("key_public", "")),
            "private_key_path": os.path.expanduser(cluster.get("key_private", "")),
            "security_group": node["security_group"], "flavor": node["flavor"], "image_id": node["image_id"],
            "image_userdata": node["image_userdata"], "cluster_name": name, "username": node["image_user"],
            "node_name": f"{name}-{node['name']}", "label": node["label"], "node": self._node_named(node["name"]),
        }
        args, kwargs = _signatures.start_arguments(self.thing.start_instance, values, values_of(node["extra"]))
        return self._instance_text(self.thing.start_instance(*args, **kwargs))

    def _instance_text(self, answer):
        if isinstance(answer, dict):
            facts = dict(answer)
            instance = facts.pop("instance_id", None)
            addresses = facts.pop("ips", [])
        else:
            instance, facts, addresses = answer, {}, []
        if isinstance(instance, bool) or not isinstance(instance, (str, int)) or instance == "":
            raise ValueError(f"it returned {answer!r}, and not the id of an instance, nor a dict with 'instance_id'")
        return json.dumps({"id": str(instance), "addresses": _addresses(addresses),
                           "facts": {str(name): _text(value) for name, value in facts.items()}})

    @_telling
    def stop(self, instance_text):
        self._call("stop_instance", instance_text)

    @_telling
    def is_running(self, instance_text):
        return "yes" if self._call("is_instance_running", instance_text) else "no"

    @_telling
    def addresses(self, instance_text):
        if not callable(getattr(self.thing, "get_ips", None)):
            return "[]"
        return json.dumps(_addresses(self._call("get_ips", instance_text)))

    @_telling
    def pause(self, instance_text):
        if not callable(getattr(self.thing, "pause_instance", None)):
            raise NotImplementedError("it has no such method")
        kept = self._call("pause_instance", instance_text)
        return json.dumps({"instance": json.loads(instance_text), "kept": kept})

    @_telling
    def resume(self, node_text):
        if not callable(getattr(self.thing, "resume_instance", None)):
            raise NotImplementedError("it has no such method")
        node = json.loads(node_text)
        paused = json.loads(node["paused"] or "{}")
        kept = paused.get("kept")
        before = paused.get("instance") or node["instance"]
        answer = self.thing.resume_instance(kept if kept is not None else InstanceId(json.dumps(before)))
        if isinstance(answer, dict) and "instance_id" in answer or isinstance(answer, str) and answer:
            return self._instance_text(answer)
        return json.dumps(before)

    @_telling
    def find(self, owner, cluster):
        if not callable(getattr(self.thing, "list_instances", None)) or _is_mock(self.thing):
            raise StatusError("UNIMPLEMENTED", f"{type(self.thing).__name__} has no list_instances(): what it "
                              "started and nobody recorded cannot be found")
        found = []
        for one in self.thing.list_instances(f"{owner}/{cluster}/" if cluster else f"{owner}/"):
            label, answer = (one["label"], {key: value for key, value in one.items() if key != "label"}) \
                if isinstance(one, dict) else one
            found.append({"label": label, **json.loads(self._instance_text(answer))})
        return json.dumps(found)

    def _call(self, name, instance_text):
        method = getattr(self.thing, name)
        instance = InstanceId(instance_text)
        if name != "stop_instance" or _signatures.wants_id(method):
            return method(instance)
        nobodys = types.SimpleNamespace(instance_id=str(instance), ips=instance.ips, facts=instance.facts, name="")
        return method(self._node_of(instance) or nobodys)

    def _node_named(self, name):
        cluster = self.cluster()
        return cluster._handle(name) if cluster is not None else None

    def _node_of(self, instance):
        cluster = self.cluster()
        return cluster._node_of_instance(instance) if cluster is not None else None


def _addresses(given):
    if given is None or isinstance(given, str):
        given = [given]
    return [str(address) for address in given if address]


def _is_mock(thing):
    return type(thing).__module__.startswith("unittest.mock")


class SetupAdapter(_Adapter):
    """A setup provider. It is called with the Cluster."""

    METHODS = {"set_up": "setup_cluster", "clean_up": "cleanup", "resume": "resume_cluster"}

    def describe(self, method, words):
        return f"{type(self.thing).__name__}.{self.METHODS[method]} of {json.loads(words[0])['name']}"

    def _cluster(self, cluster_text):
        cluster = self.cluster()
        if cluster is not None:
            return cluster
        from .cluster import Cluster  # a cluster of a record alone: in the process that runs classes for others
        return Cluster._of(cluster_text, None, setup_provider=self.thing)

    @_telling
    def set_up(self, cluster_text, arguments):
        method = self.thing.setup_cluster
        given = (self._cluster(cluster_text), json.loads(arguments))
        answer = method(*given[:2 if _signatures.takes(method, 2) else 1])
        if answer is False:
            raise StatusError("FAILED_PRECONDITION", f"{self.describe('set_up', [cluster_text])} returned False: "
                              "it could not set up all nodes")

    @_telling
    def clean_up(self, cluster_text):
        if callable(getattr(self.thing, "cleanup", None)):
            self.thing.cleanup(self._cluster(cluster_text))

    @_telling
    def resume(self, cluster_text):
        if callable(getattr(self.thing, "resume_cluster", None)):
            self.thing.resume_cluster(self._cluster(cluster_text))


class RepositoryAdapter(_Adapter):
    """A repository. It is called with the Cluster, or its name."""

    METHODS = {"save": "save_or_update", "get": "get", "get_all": "get_all", "delete": "delete"}

    def describe(self, method, words):
        what = json.loads(words[0])["name"] if method == "save" else "".join(words)
        return f"{type(self.thing).__name__}.{self.METHODS[method]} of {what}"

    @_telling
    def save(self, cluster_text):
        from .cluster import Cluster
        cluster = self.cluster()
        self.thing.save_or_update(Cluster._of(cluster_text, None) if cluster is None else cluster)

    @_telling
    def get(self, name):
        return self._text(self.thing.get(name))

    @_telling
    def get_all(self):
        return json.dumps([self._text(cluster) for cluster in self.thing.get_all()])

    def _text(self, kept):
        from .cluster import Cluster
        if not isinstance(kept, Cluster):
            kept = self.cluster()  # one that keeps nothing: then it is as we have it
        if kept is None:
            raise TypeError("it gave no Cluster")
        return kept._text()

    @_telling
    def delete(self, name):
        cluster = self.cluster()
        if cluster is None:
            cluster = self.thing.get(name)
        self.thing.delete(cluster)

    def description(self):
        return f"the clusters of {type(self.thing).__name__}"
