"""Instances of EC2-compatible clouds: not yet."""

from . import NotYet


class BotoCloudProvider(NotYet):
    """Comes later. Nodes are local (LocalCloudProvider), existing hosts (SshCloudProvider), or of a class of one's
    own (AbstractCloudProvider)."""

    INSTEAD = "now there are LocalCloudProvider, SshCloudProvider, and classes of your own (docs/providers.md)"


__all__ = ["BotoCloudProvider"]
