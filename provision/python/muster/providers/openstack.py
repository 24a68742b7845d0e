"""Instances of OpenStack: not yet."""

from . import NotYet


class OpenStackCloudProvider(NotYet):
    """Comes later. Nodes are local (LocalCloudProvider), existing hosts (SshCloudProvider), or of a class of one's
    own (AbstractCloudProvider)."""

    INSTEAD = "now there are LocalCloudProvider, SshCloudProvider, and classes of your own (docs/providers.md)"


__all__ = ["OpenStackCloudProvider"]
