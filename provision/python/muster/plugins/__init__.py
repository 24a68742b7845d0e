"""Plugins that set clusters up, as StarCluster's: a class with run(nodes, master, user, user_shell, volumes).

What StarCluster's plugins import, starcluster.clustersetup and its neighbours, are the modules of this package.
"""

from . import exception
from .clustersetup import ClusterSetup, DefaultClusterSetup
from .logger import log
from .node import Node
from .ssh import Ssh
from .threadpool import ThreadPool

__all__ = ["ClusterSetup", "DefaultClusterSetup", "Node", "Ssh", "ThreadPool", "exception", "log"]
