"""The module muster, by the name that programs of elasticluster import."""

import sys

import muster
from muster import *  # noqa: F403 (that is what this module is)
from muster import __all__, __version__, cluster, exceptions, node, providers, repository  # noqa: F401

# Its modules are muster's: a class has one identity, whichever way a program came to it.
for _name, _module in list(sys.modules.items()):
    if _name.startswith("muster.") and "._" not in _name:
        sys.modules["elasticluster" + _name.removeprefix("muster")] = _module
del _name, _module
