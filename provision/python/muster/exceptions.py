"""What goes wrong with clusters, by the names that elasticluster has. str() of each is what was tried, where,
and what to do."""

import builtins


class ConfigurationError(ValueError):
    """What a program or a file asks for cannot be: a kind, a name, a setting, a provider."""


class ClusterError(RuntimeError):
    """An operation on a cluster did not come to its end. .report: node by node, when there is one."""

    report = ()


class ClusterNotFound(LookupError):
    """The repository has no cluster of that name."""


class ClusterSizeError(ClusterError):
    """Fewer nodes live than were asked for."""


class NodeNotFound(LookupError):
    """The cluster has no such node."""


class TimeoutError(ClusterError, builtins.TimeoutError):
    """Not all nodes were alive in time."""


class CloudProviderError(RuntimeError):
    """A provider could not do what it was asked for."""


class InstanceError(CloudProviderError):
    """An instance could not be started, stopped, paused or resumed."""


class InstanceNotFoundError(InstanceError):
    """The provider does not know the instance."""


class FlavorError(CloudProviderError):
    """For providers: there is no such flavor."""


class ImageError(CloudProviderError):
    """For providers: there is no such image."""


class KeypairError(CloudProviderError):
    """For providers: something is wrong with the key."""


class SecurityGroupError(CloudProviderError):
    """For providers: there is no such security group."""


class SetupProviderError(RuntimeError):
    """The nodes could not be set up."""


__all__ = ["ConfigurationError", "ClusterError", "ClusterNotFound", "ClusterSizeError", "NodeNotFound", "TimeoutError",
           "CloudProviderError", "InstanceError", "InstanceNotFoundError", "FlavorError", "ImageError",
           "KeypairError", "SecurityGroupError", "SetupProviderError"]
