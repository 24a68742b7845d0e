"""Clusters that come and go.

    import muster
    cluster = muster.Cluster("lab", muster.LocalCloudProvider(), muster.ScriptSetupProvider({"compute": ["base"]}))
    cluster.add_nodes("compute", 4)
    cluster.start()
    print(cluster.cluster().run(lambda: __import__("os").getpid()))
    cluster.stop()

Programs of elasticluster find the names that they know, here and in the module elasticluster, which is this one.
"""

from ClusterAPI import __version__

from . import cluster, exceptions, node, providers, repository
from ._watch import NodeResult, log
from .cluster import Cluster
from .exceptions import (CloudProviderError, ClusterError, ClusterNotFound, ClusterSizeError, ConfigurationError,
                         FlavorError, ImageError, InstanceError, InstanceNotFoundError, KeypairError, NodeNotFound,
                         SecurityGroupError, SetupProviderError, TimeoutError)
from .node import Node
from .providers import (AbstractCloudProvider, AbstractSetupProvider, AnsibleSetupProvider, BotoCloudProvider,
                        GoogleCloudProvider, LocalCloudProvider, OpenStackCloudProvider, ScriptSetupProvider,
                        SshCloudProvider)
from .repository import (AbstractClusterRepository, JsonRepository, MemRepository, MultiDiskRepository,
                         PickleRepository, SqliteRepository, YamlRepository)

__all__ = [
    "Cluster", "Node", "NodeResult", "log",
    "LocalCloudProvider", "SshCloudProvider", "ScriptSetupProvider",
    "AbstractCloudProvider", "AbstractSetupProvider", "AbstractClusterRepository",
    "SqliteRepository", "MemRepository", "PickleRepository", "JsonRepository", "YamlRepository", "MultiDiskRepository",
    "BotoCloudProvider", "OpenStackCloudProvider", "GoogleCloudProvider", "AnsibleSetupProvider",
    "ClusterError", "ClusterNotFound", "ClusterSizeError", "ConfigurationError", "NodeNotFound", "TimeoutError",
    "CloudProviderError", "InstanceError", "InstanceNotFoundError", "FlavorError", "ImageError", "KeypairError",
    "SecurityGroupError", "SetupProviderError",
]
