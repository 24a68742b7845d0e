from muster.plugins.exception import *
