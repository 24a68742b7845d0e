"""The module that StarCluster's plugins import. Its modules are those of muster.plugins, by their old names."""

import importlib
import importlib.machinery
import os
import sys

from ClusterAPI import __version__  # noqa: F401

from . import _absent

_MODULES = {name: name for name in (
    "awsutils", "cluster", "clustersetup", "config", "exception", "logger", "node", "progressbar", "spinner", "ssh", "static",
    "threadpool", "utils")} | {"sshutils": "ssh"}

_plugins = os.path.expanduser("~/.starcluster/plugins")
if _plugins not in sys.path:
    sys.path.append(_plugins)  # behind all others: no plugin's file takes the place of a module

for _name, _ours in _MODULES.items():
    globals()[_name] = sys.modules[f"{__name__}.{_name}"] = importlib.import_module(f"muster.plugins.{_ours}")
del _name, _ours


class _Absent:
    """Finds starcluster.NAME of those modules that have nothing behind them."""

    @staticmethod
    def find_spec(fullname, path=None, target=None):
        return importlib.machinery.ModuleSpec(fullname, _Absent, is_package=True) if _absent.is_there(fullname) else None

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        reason = _absent.REASONS[module.__name__.split(".")[1]]
        module.__doc__ = f"Not there: {reason}."
        module.__getattr__ = _absent.answer(module.__name__, reason)


sys.meta_path.append(_Absent)


def __getattr__(name):
    if name in _absent.REASONS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module starcluster has no {name}; its modules are: {', '.join(sorted(_MODULES))}")
