from muster.plugins.cluster import *
