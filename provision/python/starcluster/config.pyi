from muster.plugins.config import *
