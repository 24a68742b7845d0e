"""Nodes on this machine."""

from ._native_class import NativeCloudProvider


class LocalCloudProvider(NativeCloudProvider):
    """Nodes that are daemons of this machine, each with a folder of its own. They live on when the program ends.
    Images, flavors, security groups and keys are accepted, and mean nothing here.

    settings: root (the folder of the instances), clusterd (the program), and workers, slots, max_memory,
        max_processes and others, as [daemon] has them (docs/configuration.md)
    """

    TYPE = "local"
    _muster_is_native = True


__all__ = ["LocalCloudProvider"]
