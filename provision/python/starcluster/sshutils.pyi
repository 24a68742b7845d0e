from muster.plugins.ssh import *
