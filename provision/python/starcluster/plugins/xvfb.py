"""In the place of StarCluster's plugin for Xvfb."""

from ._not_here import NotHere


class XvfbSetup(NotHere):
    what = "install the package xvfb with the plugin pkginstaller"
