from muster.cluster import Cluster as Cluster
from muster.cluster import Node as Node
from muster.cluster import log as log
