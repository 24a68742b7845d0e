"""In the place of StarCluster's plugin for MPICH2."""

from ._not_here import NotHere


class MPICH2Setup(NotHere):
    what = "install the package mpich with the plugin pkginstaller"
