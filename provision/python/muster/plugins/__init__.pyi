from . import exception as exception
from .clustersetup import ClusterSetup as ClusterSetup
from .clustersetup import DefaultClusterSetup as DefaultClusterSetup
from .logger import log as log
from .node import Node as Node
from .ssh import Ssh as Ssh
from .threadpool import ThreadPool as ThreadPool

__all__ = ["ClusterSetup", "DefaultClusterSetup", "Node", "Ssh", "ThreadPool", "exception", "log"]
