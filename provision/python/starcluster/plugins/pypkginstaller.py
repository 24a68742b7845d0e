"""Installs packages of Python on all nodes with pip."""

import shlex

from muster.plugins.clustersetup import DefaultClusterSetup
from muster.plugins.logger import log


class PyPkgInstaller(DefaultClusterSetup):
    """packages: names of PyPI, separated by commas or blanks; command: what installs one, `%s` its name"""

    def __init__(self, packages="", command="pip3 install %s"):
        super().__init__()
        self.packages = packages.replace(",", " ").split()
        self.command = command if "%s" in command else command + " %s"

    def _install(self, node):
        for package in self.packages:
            node.ssh.execute(self.command % shlex.quote(package))

    def run(self, nodes, master, user, user_shell, volumes):
        log.info("Installing Python packages on all nodes: %s", " ".join(self.packages))
        self.pool.map(self._install, nodes, jobid_fn=lambda node: node.alias)

    def on_add_node(self, new_node, nodes, master, user, user_shell, volumes):
        log.info("Installing Python packages on %s: %s", new_node.alias, " ".join(self.packages))
        self._install(new_node)
