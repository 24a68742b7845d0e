"""Nodes on hosts that are there."""

from ._native_class import NativeCloudProvider


class SshCloudProvider(NativeCloudProvider):
    """Nodes that are daemons on existing hosts, brought there and started through the system's ssh, and removed
    again without a trace."""

    TYPE = "ssh"
    _muster_is_native = True


__all__ = ["SshCloudProvider"]
