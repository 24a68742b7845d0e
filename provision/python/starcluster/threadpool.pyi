from muster.plugins.threadpool import *
