"""Setup by executables."""

import json
import os

from .. import _failures
from .._provision import Setup
from ..exceptions import SetupProviderError
from . import AbstractSetupProvider, settings_text


class ScriptSetupProvider(AbstractSetupProvider):
    """Runs executables on the nodes: those of the folder `scripts`/GROUP, in the order of their names, on the nodes
    of the kinds that have the group, all nodes at once. What ran with the same content on the same instance does
    not run again.

    groups: {kind: [group, …]}; one group may stand without a list, as {"compute": "workers"}
    scripts: the folder of the groups' folders
    timeout: of one script, as "10m"
    """

    HUMAN_READABLE_NAME = "scripts"
    _muster_is_native = True

    def __init__(self, groups=None, scripts=None, timeout=None):
        self.groups = {kind: [names] if isinstance(names, str) else list(names)
                       for kind, names in (groups or {}).items()}
        folder = os.path.abspath(os.path.expanduser(os.fspath(scripts))) if scripts else None
        self.settings = settings_text({"scripts": folder, "timeout": timeout})
        with _failures.told(SetupProviderError):
            self._native = Setup("script", self.settings)

    def _muster_record(self):
        if type(self).__dict__.get("_muster_is_native"):
            return json.loads(self._native.record())
        return None  # a class of one's own

    def setup_cluster(self, cluster, extra_args=()):
        with _failures.told(SetupProviderError):
            self._native.set_up(cluster._text(), list(extra_args))
        return True

    def cleanup(self, cluster):
        with _failures.told(SetupProviderError):
            self._native.clean_up(cluster._text())

    def resume_cluster(self, cluster):
        with _failures.told(SetupProviderError):
            self._native.resume(cluster._text())


__all__ = ["ScriptSetupProvider"]
