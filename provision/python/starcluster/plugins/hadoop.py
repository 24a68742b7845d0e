"""In the place of StarCluster's plugin for Hadoop."""

from ._not_here import NotHere


class Hadoop(NotHere):
    what = "Muster installs no Hadoop"
