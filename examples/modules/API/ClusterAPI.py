"""Where the programs of python_cluster look for their library: it is Muster's."""
from ClusterAPI import *  # noqa: F401,F403
