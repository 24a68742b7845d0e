from muster.plugins.node import *
