"""The library's providers, with the methods that the contract has."""

import json
import os
import pwd

from .. import _failures
from .._provision import Provider
from ..exceptions import CloudProviderError, InstanceError, InstanceNotFoundError
from . import AbstractCloudProvider, settings_text


def user_name():
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


class NativeCloudProvider(AbstractCloudProvider):
    """A provider of the library's. What derives from a class of these can override its methods."""

    TYPE = ""

    def __init__(self, **settings):
        self.settings = settings_text(settings)
        with _failures.told(CloudProviderError):
            self._native = Provider(self.TYPE, self.settings)

    def _muster_record(self):
        if type(self).__dict__.get("_muster_is_native"):
            return json.loads(self._native.record())
        return None  # a class of one's own

    def start_instance(self, key_name="", public_key_path="", private_key_path="", security_group="", flavor="",
                       image_id="", image_userdata="", cluster_name="cluster", username="", node_name="", *, label="",
                       **extra):
        name = node_name[len(cluster_name) + 1:] if node_name.startswith(f"{cluster_name}-") else node_name
        node = {"name": name or "node", "kind": "node", "image_id": image_id, "image_user": username, "flavor": flavor,
                "security_group": security_group, "image_userdata": image_userdata,
                "label": label or f"{user_name()}/{cluster_name}/{name or 'node'}/{os.urandom(8).hex()}",
                "extra": {key: json.dumps(value) for key, value in extra.items()}}
        cluster = {"name": cluster_name, "owner": user_name(), "key_name": key_name, "key_public": public_key_path,
                   "key_private": private_key_path}
        with _failures.told(InstanceError):
            started = json.loads(self._native.start(json.dumps(cluster), json.dumps(node)))
        return {"instance_id": started["id"], "ips": started["addresses"], **started["facts"]}

    def stop_instance(self, node):
        with _failures.told(InstanceError, not_found=InstanceNotFoundError):
            self._native.stop(_instance(node))

    def get_ips(self, instance_id):
        with _failures.told(InstanceError, not_found=InstanceNotFoundError):
            return self._native.addresses(_instance(instance_id))

    def is_instance_running(self, instance_id):
        with _failures.told(InstanceError, not_found=InstanceNotFoundError):
            return self._native.is_running(_instance(instance_id))

    def list_instances(self, prefix):
        """[(label, dict with instance_id)] of what carries a label that begins so: OWNER/ or OWNER/CLUSTER/."""
        owner, cluster, *_ = [*prefix.split("/"), ""]
        with _failures.told(CloudProviderError):
            found = [(label, json.loads(text)) for label, text in self._native.find(owner, cluster)]
        return [(label, {"instance_id": it["id"], "ips": it["addresses"], **it["facts"]}) for label, it in found]

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.settings.items())})"


def _instance(given):
    """An instance as the library has it, of a node or an id."""
    instance = given if isinstance(given, str) else given.instance_id
    return json.dumps({"id": instance, "addresses": list(getattr(given, "ips", [])),
                       "facts": dict(getattr(given, "facts", {}))})


__all__ = ["NativeCloudProvider"]
