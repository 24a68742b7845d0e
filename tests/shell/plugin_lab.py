"""What the tests of plugins at the prompt share: a cluster with plugins on this machine, and what they leave behind."""

import json
import os

import pytest
from test_clusters import configure, fixture_lab, good  # noqa: F401 (the fixture)

# As StarCluster's documentation prints them.
INSTALLER = '''from starcluster.clustersetup import ClusterSetup

class PackageInstaller(ClusterSetup):
     def __init__(self, pkg_to_install):
          self.pkg_to_install = pkg_to_install
     def run(self, nodes, master, user, user_shell, volumes):
          for node in nodes:
               node.ssh.execute('apt-get -y install %s' % self.pkg_to_install)
'''

LOGGING_INSTALLER = '''from starcluster.clustersetup import ClusterSetup
from starcluster.logger import log

class PackageInstaller(ClusterSetup):
     def __init__(self, pkg_to_install):
          self.pkg_to_install = pkg_to_install
          log.debug('pkg_to_install = %s' % pkg_to_install)
     def run(self, nodes, master, user, user_shell, volumes):
          for node in nodes:
               log.info("Installing %s on %s" % (self.pkg_to_install, node.alias))
               node.ssh.execute('apt-get -y install %s' % self.pkg_to_install)
'''

SECTION = """[plugin pkginstaller]
setup_class = ubuntu.PackageInstaller
pkg_to_install = htop
"""

# The dots stand for the rest of the template.
TEMPLATE = """
[cluster smallcluster]
....
plugins = pkginstaller
""".replace("....", "nodes.node = 2")

# Writes a line for each of its hooks, and fails on one node as long as the file is not there.
STEPS = '''import os
from starcluster.clustersetup import ClusterSetup

class Steps(ClusterSetup):
    def __init__(self, mark, fails_on="", until=""):
        self.mark, self.fails_on, self.until = mark, fails_on, until

    def note(self, *words):
        with open(os.path.expanduser("~/steps"), "a") as steps:
            print(self.mark, *words, file=steps)

    def run(self, nodes, master, user, shell, volumes):
        self.note("run", master.alias, *(node.alias for node in nodes))
        for node in nodes:
            if node.alias == self.fails_on:
                node.ssh.execute("echo first; echo last >&2; test -e " + self.until)

    def on_add_node(self, new_node, nodes, master, user, shell, volumes):
        self.note("add", new_node.alias, len(nodes))

    def on_remove_node(self, node, nodes, master, user, shell, volumes):
        self.note("remove", node.alias, *node.ssh.execute("echo still there"))

    def on_restart(self, nodes, master, user, shell, volumes):
        self.note("restart", len(nodes))

    def on_shutdown(self, nodes, master, user, shell, volumes):
        self.note("shutdown", len(nodes))
'''

THREE = "".join(f"[plugin {mark}]\nsetup_class = steps.Steps\nmark = {mark}\n" for mark in "abc")


def ran(lab, cluster):
    """{plugin: {node: whether it went well}}."""
    told = json.loads(good(lab, "cluster", "status", cluster, "-o", "json").stdout)["plugins"]
    by_plugin = {}
    for one in told:
        by_plugin.setdefault(one["plugin"], {})[one["node"]] = one["ok"]
    return by_plugin


class Plugins:
    """The plugins of a lab."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "config" / "muster" / "plugins"
        self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        os.chmod(self.folder, 0o700)
        tools = lab.folder / "tools"
        tools.mkdir()
        (tools / "apt-get").write_text(f'#!/bin/sh\necho "$MUSTER_NODE:$*" >> {lab.folder}/installed\n')
        (tools / "apt-get").chmod(0o755)
        lab.environment["PATH"] = f"{tools}:{lab.environment['PATH']}"

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o644)

    def _lines(self, name):
        path = self.lab.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def installed(self):
        return sorted(self._lines("installed"))

    def steps(self):
        """Those since it was asked last."""
        lines = self._lines("steps")
        (self.lab.folder / "steps").unlink(missing_ok=True)
        return lines


@pytest.fixture(name="plugins")
def fixture_plugins(lab):  # noqa: F811
    return Plugins(lab)
