"""Where nodes come from, and what sets them up."""

import json

from .. import _records
from .._provision import Provider, Setup


class AbstractCloudProvider(_records.Remembering):
    """What a provider of one's own has to have (docs/providers.md). Its methods are called by several threads at
    the same time. Whoever derives from it is made again, from what it was constructed with, in other processes."""

    def start_instance(self, key_name, public_key_path, private_key_path, security_group, flavor, image_id,
                       image_userdata, cluster_name, username="", node_name="", **extra):
        """Starts an instance; returns its id, or a dict with "instance_id" and what else is to be kept. It need
        not be reachable yet. Further keywords are those of add_node(); `label`, if it takes one, is a text that
        no other instance ever had."""
        raise NotImplementedError(f"{type(self).__name__} has no start_instance()")

    def stop_instance(self, node):
        """Stops the instance; returns when it is gone. Gets the id instead, where the argument is named so."""
        raise NotImplementedError(f"{type(self).__name__} has no stop_instance()")

    def get_ips(self, instance_id):
        """Its addresses: hosts, or where its clusterd is (unix:/path, ssh:host, host:port)."""
        raise NotImplementedError(f"{type(self).__name__} has no get_ips()")

    def is_instance_running(self, instance_id):
        raise NotImplementedError(f"{type(self).__name__} has no is_instance_running()")

    def pause_instance(self, instance_id):
        """Suspends it; what it returns (plain data) is what resume_instance() gets."""
        raise NotImplementedError(f"{type(self).__name__} cannot pause instances")

    def resume_instance(self, paused):
        raise NotImplementedError(f"{type(self).__name__} cannot resume instances")

    def to_vars_dict(self):
        """What it can be constructed with again, where that is not what it was constructed with."""
        return None


class AbstractSetupProvider(_records.Remembering):
    """What a setup of one's own has to have. `groups`, if it has them: {kind: [group, …]}."""

    HUMAN_READABLE_NAME = "setup"

    def setup_cluster(self, cluster, extra_args=()):
        """Configures the nodes of a Cluster; a second time changes nothing. Whether it worked."""
        raise NotImplementedError(f"{type(self).__name__} has no setup_cluster()")

    def cleanup(self, cluster):
        """The cluster is being stopped: what is kept of it here goes."""

    def resume_cluster(self, cluster):
        """After a pause."""


class NotYet:
    """For what elasticluster has and Muster has not yet."""

    INSTEAD = ""

    def __init__(self, *_, **__):
        raise NotImplementedError(f"{type(self).__name__} comes later; {self.INSTEAD}")


def check_provider(provider):
    """TypeError: it is none, and what one is."""
    if provider is not None and (isinstance(provider, type) or not callable(getattr(provider, "start_instance", None))):
        refuse_as_provider(provider)


def refuse_as_provider(thing):
    raise TypeError(f"{_told(thing)} is no cloud provider, which is an object that has to have start_instance(), as "
                    "muster.LocalCloudProvider() or one of a class of your own (docs/providers.md)")


def check_setup(setup):
    """TypeError: it is none, and what one is."""
    if setup is not None and (isinstance(setup, type) or not callable(getattr(setup, "setup_cluster", None))):
        raise TypeError(f"{_told(setup)} is no setup provider, which is an object that has to have setup_cluster(), as "
                        "muster.ScriptSetupProvider(groups) or one of a class of your own (docs/providers.md)")


def _told(thing):
    return f"the class {thing.__name__} itself" if isinstance(thing, type) else repr(thing)


def native_provider(provider):
    """(Provider, adapter or None)."""
    if provider is None:
        return None, None
    if _is_ours(provider):
        return provider._native, None
    check_provider(provider)
    from .._foreign import ProviderAdapter
    adapter = ProviderAdapter(provider)
    return Provider.foreign(adapter), adapter


def native_setup(setup):
    """(Setup, adapter or None)."""
    if setup is None:
        return None, None
    if _is_ours(setup):
        return setup._native, None
    check_setup(setup)
    from .._foreign import SetupAdapter
    adapter = SetupAdapter(setup)
    return Setup.foreign(adapter), adapter


def _is_ours(thing):
    """Not a class that derives from one of ours: what that overrides has to be called."""
    return type(thing).__dict__.get("_muster_is_native", False)


def provider_of(record):
    """The object of a ProviderRecord; None: it names none."""
    makers = {"local": LocalCloudProvider, "ssh": SshCloudProvider}
    if record["type"] in makers:
        return makers[record["type"]](**record["settings"])
    return _records.object_of(record, "cloud_provider") if record["type"] else None


def setup_of(record, groups):
    if record["type"] == "script":
        return ScriptSetupProvider(groups, **record["settings"])
    return _records.object_of(record, "setup_provider") if record["type"] else None


def settings_text(settings):
    """Settings as the library keeps them: texts by name."""
    return {name: value if isinstance(value, str) else json.dumps(value) if isinstance(value, bool) else str(value)
            for name, value in settings.items() if value is not None}


from .ansible_provider import AnsibleSetupProvider  # noqa: E402 (they derive from what stands above)
from .ec2_boto import BotoCloudProvider  # noqa: E402
from .gce import GoogleCloudProvider  # noqa: E402
from .local import LocalCloudProvider  # noqa: E402
from .openstack import OpenStackCloudProvider  # noqa: E402
from .script import ScriptSetupProvider  # noqa: E402
from .ssh import SshCloudProvider  # noqa: E402

__all__ = ["AbstractCloudProvider", "AbstractSetupProvider", "LocalCloudProvider", "SshCloudProvider",
           "ScriptSetupProvider", "BotoCloudProvider", "OpenStackCloudProvider", "GoogleCloudProvider",
           "AnsibleSetupProvider"]
