"""Plugins that came with StarCluster and are not taken over."""

from muster.plugins.clustersetup import DefaultClusterSetup
from muster.plugins.logger import log


class NotHere(DefaultClusterSetup):
    """Does nothing on nodes, and says so: plugins that extend it still load and run."""

    what = "this plugin"

    def __init__(self, *args, **kwargs):
        super().__init__()
        self.settings = kwargs

    def run(self, nodes, master, user, user_shell, volumes):
        self._nodes, self._master, self._user, self._user_shell, self._volumes = nodes, master, user, user_shell, volumes
        log.warning("%s is not set up: %s", type(self).__name__, self.what)

    def on_add_node(self, node, nodes, master, user, user_shell, volumes):
        self.run(nodes, master, user, user_shell, volumes)
