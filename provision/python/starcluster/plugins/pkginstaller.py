"""Installs packages on all nodes at once: [plugin NAME] setup_class = starcluster.plugins.pkginstaller.PackageInstaller."""

from muster.plugins.clustersetup import DefaultClusterSetup
from muster.plugins.logger import log


class PackageInstaller(DefaultClusterSetup):
    """packages: names, separated by commas"""

    def __init__(self, packages=None):
        super().__init__()
        self.packages = [name.strip() for name in (packages or "").replace("\n", ",").split(",") if name.strip()]

    def run(self, nodes, master, user, user_shell, volumes):
        if not self.packages:
            log.info("No packages specified!")
            return
        log.info("Installing the following packages on all nodes: %s", ", ".join(self.packages), extra={"__textwrap__": True})
        self.pool.map(lambda node: node.package_install(" ".join(self.packages)), nodes, jobid_fn=lambda node: node.alias)

    def on_add_node(self, new_node, nodes, master, user, user_shell, volumes):
        if self.packages:
            log.info("Installing the following packages on %s: %s", new_node.alias, ", ".join(self.packages))
            new_node.package_install(" ".join(self.packages))
