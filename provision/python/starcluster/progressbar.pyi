from muster.plugins.progressbar import *
