"""In the place of StarCluster's plugin for Sun Grid Engine."""

from ._not_here import NotHere


class SGEPlugin(NotHere):
    what = "Muster installs no Grid Engine; commands and programs run through clusterd"
