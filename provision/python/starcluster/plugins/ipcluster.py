"""In the place of StarCluster's plugin for IPython clusters."""

from ._not_here import NotHere


class IPCluster(NotHere):
    what = "ClusterAPI and its notebook magics do what ipcluster did"


class IPClusterStop(IPCluster):
    pass


class IPClusterRestartEngines(IPCluster):
    pass
