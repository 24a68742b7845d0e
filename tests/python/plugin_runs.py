"""Plugins in a folder, real nodes, and the door that a program of C++ uses."""

import json
import os
import stat
import textwrap

import pytest

DOCUMENT = """\
from starcluster.clustersetup import ClusterSetup

class PackageInstaller(ClusterSetup):
     def __init__(self, pkg_to_install):
          self.pkg_to_install = pkg_to_install
     def run(self, nodes, master, user, user_shell, volumes):
          for node in nodes:
               node.ssh.execute('apt-get -y install %s' % self.pkg_to_install)
"""

LOGGING_DOCUMENT = """\
from starcluster.clustersetup import ClusterSetup
from starcluster.logger import log

class PackageInstaller(ClusterSetup):
     def __init__(self, pkg_to_install):
          self.pkg_to_install = pkg_to_install
          log.debug('pkg_to_install = %s' % pkg_to_install)
     def run(self, nodes, master, user, user_shell, volumes):
          for node in nodes:
               log.info("Installing %s on %s" % (self.pkg_to_install, node.alias))
               node.ssh.execute('apt-get -y install %s' % self.pkg_to_install)
"""


class Run:
    """Orders to the plugins of one folder, on the nodes of one cluster; the receipt goes from one to the next."""

    def __init__(self, cluster, folder):
        self.folder = folder
        self.plugins = folder / "plugins"
        self.plugins.mkdir()
        self.nodes = [{"name": node.name, "address": node.address, "instance_id": "i-" + node.name} for node in cluster.nodes()]
        self.sections = []
        self.receipt = {}

    def write(self, name, text):
        """A file of plugins."""
        path = self.plugins / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(textwrap.dedent(text).encode() if isinstance(text, str) else text)
        return path

    def configure(self, name, setup_class, /, **settings):
        """A section [plugin NAME]; one that is there is replaced."""
        section = {"name": name, "setup_class": setup_class, "settings": settings, "origin": f"lab.conf:{len(self.sections) + 1}"}
        self.sections = [one for one in self.sections if one["name"] != name] + [section]

    def order(self, **more):
        return {"cluster": "lab", "nodes": self.nodes, "plugins": self.sections, "paths": [str(self.plugins)], "user": "ubuntu",
                "receipt": self.receipt, "log_folder": str(self.folder / "logs"), **more}

    def answer(self, method="set_up", **more):
        """The raw answer: [code, text]."""
        from muster import _host
        return json.loads(_host.call("plugins", json.dumps(self.order(**more)), method, []))

    def call(self, method="set_up", **more):
        """The answer to an order that has to be taken."""
        code, text = self.answer(method, **more)
        assert code == "OK", text
        answer = json.loads(text)
        self.receipt = answer["receipt"]
        return answer

    def log(self):
        """What is in the debug file."""
        return (self.folder / "logs/debug.log").read_text(encoding="utf-8")


def fake(folder, name):
    """A program that writes down how it was called, a line `NODE: argv` for each; the file of those lines."""
    folder.mkdir(parents=True, exist_ok=True)
    program, calls = folder / name, folder / f"{name}.calls"
    program.write_text(f'#!/bin/sh\nprintf "%s:" "$MUSTER_NODE" >> {calls}.$MUSTER_NODE\nprintf " <%s>" "$@" >> {calls}.$MUSTER_NODE\n'
                       f'echo >> {calls}.$MUSTER_NODE\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return calls


def calls_of(calls):
    """The lines of a fake program, by node."""
    found = []
    for path in sorted(calls.parent.glob(calls.name + ".*")):
        found += path.read_text(encoding="utf-8").splitlines()
    return found


@pytest.fixture(name="lab", scope="module")
def fixture_lab(tmp_path_factory):
    """Three real nodes with a folder in front of their PATH: (cluster, folder)."""
    import ClusterAPI
    folder = tmp_path_factory.mktemp("lab")
    (folder / "bin").mkdir()
    before = dict(os.environ)
    os.environ.update(PATH=f"{folder}/bin:{before['PATH']}", HOME=str(folder), XDG_STATE_HOME=str(folder / "state"))
    with ClusterAPI.local(3) as cluster:
        yield cluster, folder
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(name="run")
def fixture_run(lab, tmp_path):
    return Run(lab[0], tmp_path)
