"""One node of a cluster."""

import json
import os

from . import _connection, _failures, _ssh_connection
from . import _nodes_configuration as addresses
from ._foreign import values_of
from .exceptions import InstanceError, NodeNotFound


class Node:
    """A node of a cluster. Cluster.add_node() makes one. What is read is as the cluster's record has it now; of
    one that was removed, as it was then. Thread-safe."""

    def __init__(self, cluster, name):
        self._cluster = cluster
        self._name = name
        self._last = None  # its record, once it was removed

    def _record(self):
        if self._last is not None:
            return self._last
        with _failures.told(NodeNotFound, not_found=NodeNotFound):
            return json.loads(self._cluster._native.node(self._name))

    name = property(lambda self: self._name)
    kind = property(lambda self: self._record()["kind"])
    cluster_name = property(lambda self: self._cluster.name)
    state = property(lambda self: self._record()["state"])
    last_error = property(lambda self: self._record()["last_error"])
    image_id = property(lambda self: self._record()["image_id"])
    image_user = property(lambda self: self._record()["image_user"])
    flavor = property(lambda self: self._record()["flavor"])
    security_group = property(lambda self: self._record()["security_group"])
    image_userdata = property(lambda self: self._record()["image_userdata"])
    extra = property(lambda self: values_of(self._record()["extra"]))
    user_key_name = property(lambda self: self._cluster.user_key_name)
    user_key_public = property(lambda self: self._cluster.user_key_public)
    user_key_private = property(lambda self: self._cluster.user_key_private)

    @property
    def instance_id(self):
        """As its provider calls it; None: it has no instance."""
        return self._record()["instance"]["id"] or None

    @property
    def ips(self):
        """Its addresses, as its provider gave them."""
        return self._record()["instance"]["addresses"]

    @property
    def facts(self):
        """What its provider keeps of the instance: texts by name."""
        return self._record()["instance"]["facts"]

    @property
    def preferred_ip(self):
        return self.connection_ip()

    def connection_ip(self):
        """The host to reach it at; of a daemon on this machine its socket. None: it has no address."""
        ips = self.ips
        return addresses.host_of(ips[0]) if ips else None

    def start(self):
        """Orders its instance and returns; is_alive() says when it lives. InstanceError: there is none, and why."""
        self._cluster._start_node(self)

    def is_alive(self):
        """Whether its provider has it running and it answers; why not is in last_error."""
        if self._last is not None:
            return False
        return self._cluster._native.is_alive(self._name)

    def update_ips(self):
        """Asks its provider for its addresses."""
        self.is_alive()
        return self.ips

    def stop(self, wait=False):
        """Stops its instance; it stays a node of the cluster. InstanceError: it could not."""
        self._cluster._stop_nodes([self])

    def pause(self):
        """Suspends its instance; resume() goes on."""
        self._cluster._pause_nodes([self])

    def resume(self):
        self._cluster._resume_nodes([self])

    def connect(self, keyfile=None, timeout=5):
        """A connection with exec_command(line) → (stdin, stdout, stderr), as paramiko's; None: it cannot be reached,
        and connection_error says why."""
        self.connection_error = ""
        try:
            return self._connected(keyfile, timeout)
        except (ConnectionError, RuntimeError, OSError) as error:
            self.connection_error = str(error)
            return None

    connection_error = ""

    def _connected(self, keyfile, timeout):
        ips = self.ips or self.update_ips()
        if not ips:
            raise ConnectionError(f"{self._name} has no address; {self.last_error or 'it was not started'}")
        if addresses.has_daemon(ips[0]):
            return _connection.Connection(self.cluster_name, self._name, ips[0], timeout)
        key = os.path.expanduser(keyfile or self.user_key_private)
        return _ssh_connection.SshConnection(ips[0], self.image_user, key if os.path.exists(key) else "", timeout)

    def pprint(self):
        """Its name, state and addresses, for people."""
        return f"{self._name} ({self.state})\n  connection IP: {self.connection_ip() or '-'}\n" \
               f"  IPs: {', '.join(self.ips) or '-'}\n  instance id: {self.instance_id or '-'}"

    def to_dict(self, omit=()):
        """What is kept of it: plain data."""
        record = self._record()
        instance = record.pop("instance")
        told = {**record, "instance_id": instance["id"] or None, "ips": instance["addresses"],
                "facts": instance["facts"], "extra": values_of(record["extra"]), "cluster_name": self.cluster_name}
        return {name: value for name, value in told.items() if name not in omit}

    def keys(self):
        return self.to_dict().keys()

    def __getitem__(self, name):
        return self.to_dict()[name]

    def __str__(self):
        return f"name=`{self._name}`, id=`{self.instance_id}`, ips={', '.join(self.ips)}, " \
               f"connection_ip={self.connection_ip()}"

    def __repr__(self):
        return f"<Node {self.cluster_name}/{self._name} {self.state}>"


__all__ = ["Node", "InstanceError"]
