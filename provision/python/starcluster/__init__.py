"""The module that StarCluster's plugins import. Its modules are those of muster.plugins, by their old names."""

import importlib
import os
import sys

from ClusterAPI import __version__  # noqa: F401

_SAME = ("clustersetup", "config", "cluster", "exception", "logger", "node", "progressbar", "spinner", "sshutils", "static",
         "threadpool", "utils", "awsutils")
_MODULES = {"sshutils": "ssh"}

_plugins = os.path.expanduser("~/.starcluster/plugins")
if _plugins not in sys.path:
    sys.path.append(_plugins)  # behind all others: no plugin's file takes the place of a module

for _name in _SAME:
    _module = importlib.import_module(f"muster.plugins.{_MODULES.get(_name, _name)}")
    sys.modules[f"{__name__}.{_name}"] = _module
    globals()[_name] = _module
ssh = sys.modules[f"{__name__}.ssh"] = sys.modules["muster.plugins.ssh"]
del _name, _module
