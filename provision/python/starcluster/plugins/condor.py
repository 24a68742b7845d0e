"""In the place of StarCluster's plugin for Condor."""

from ._not_here import NotHere


class CondorPlugin(NotHere):
    what = "Muster installs no Condor"
