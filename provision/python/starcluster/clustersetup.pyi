from muster.plugins.clustersetup import *
