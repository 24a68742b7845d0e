"""In the place of StarCluster's plugin for boto."""

from ._not_here import NotHere


class BotoPlugin(NotHere):
    what = "there is no provider for Amazon's cloud"
