from muster.plugins.logger import *
