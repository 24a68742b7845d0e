"""Plugins of clusters: when they run and on which nodes, what is told of them, and what becomes of one that fails."""

import contextlib
import json
import os
import pathlib
import re
import signal
import stat
import subprocess

from plugin_lab import (INSTALLER, LOGGING_INSTALLER, SECTION, STEPS, TEMPLATE, THREE, configure,  # noqa: F401
                        fixture_lab, fixture_plugins, good)

from conftest import SLACK, wait_until

BOTH = ["node001:-y install htop", "node002:-y install htop"]


def ran(lab, cluster):
    """{plugin: {node: whether it went well}}."""
    told = json.loads(good(lab, "cluster", "status", cluster, "-o", "json").stdout)["plugins"]
    by_plugin = {}
    for one in told:
        by_plugin.setdefault(one["plugin"], {})[one["node"]] = one["ok"]
    return by_plugin


def python(lab, *lines):
    """Lines about the cluster base1 in a program."""
    program = "; ".join(["import muster.repository", "cluster = muster.repository.SqliteRepository().get('base1')", *lines])
    environment = lab.environment | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    subprocess.run(["/usr/bin/python3", "-c", program], env=environment, cwd=lab.folder, check=True, timeout=30 * SLACK)


def test_the_documents_plugins_run_as_printed(lab, plugins):
    configure(lab, SECTION + TEMPLATE)
    old_place = lab.folder / ".starcluster" / "plugins"
    old_place.mkdir(parents=True)
    (old_place / "ubuntu.py").write_text(INSTALLER)
    for path in (old_place, old_place.parent):
        os.chmod(path, 0o755)
    (old_place / "ubuntu.py").chmod(0o644)
    dry = good(lab, "cluster", "start", "smallcluster", "--dry-run")
    assert plugins.installed() == [] and "would start a new cluster" in dry.stdout
    result = good(lab, "cluster", "start", "smallcluster")
    assert plugins.installed() == BOTH
    assert "smallcluster is set up" in result.stderr and "pkginstaller" in result.stderr
    again = good(lab, "cluster", "setup", "smallcluster")
    assert plugins.installed() == BOTH and "nothing to do" in again.stderr
    assert ran(lab, "smallcluster") == {"pkginstaller": {"node001": True, "node002": True}}
    # The second one, in our own place, goes before it.
    plugins.write("ubuntu.py", LOGGING_INSTALLER)
    result = good(lab, "cluster", "setup", "--again")
    told = [line for line in result.stdout.splitlines() if "Installing" in line]
    assert told == [">>> Installing htop on node001", ">>> Installing htop on node002"]
    assert "pkg_to_install = htop" not in result.stdout + result.stderr
    assert plugins.installed() == sorted(BOTH + BOTH)
    debug = (lab.folder / "state/muster/logs/debug.log").read_text()
    assert "pkg_to_install = htop" in debug and "Installing htop on node002" in debug
    shown = good(lab, "cluster", "setup", "--again", "--debug")
    assert "pkg_to_install = htop" in shown.stdout + shown.stderr
    table = good(lab, "cluster", "status").stdout
    assert re.search(r"pkginstaller +node002 +yes +run", table)


def test_plugins_run_in_order_and_leave_in_the_reverse_one(lab, plugins):
    configure(lab, THREE + "[cluster base1]\nnodes.compute = 1\nnodes.frontend = 1\nplugins = a, b, c\n")
    plugins.write("steps.py", STEPS)
    good(lab, "cluster", "start", "base1")
    nodes = "frontend001 frontend001 compute001"
    assert plugins.steps() == [f"{mark} run {nodes}" for mark in "abc"]
    good(lab, "cluster", "resize", "base1", "-a", "2:compute")
    assert plugins.steps() == [f"{mark} add compute00{number} 4" for mark in "abc" for number in (2, 3)]
    good(lab, "cluster", "resize", "base1", "-r", "1:compute", "-y")
    assert plugins.steps() == [f"{mark} remove compute003 still there" for mark in "cba"]
    # Python has the plugins with which it was set up.
    python(lab, "cluster.resize(compute=1, setup=True)", "cluster.resize(compute=-1)")
    assert plugins.steps() == [f"{mark} add compute003 4" for mark in "abc"] + [
        f"{mark} remove compute003 still there" for mark in "cba"]
    good(lab, "-c", "terminate compute002 -y")
    assert plugins.steps() == [f"{mark} remove compute002 still there" for mark in "cba"]
    assert "base1 was restarted" in good(lab, "cluster", "restart", "base1", "-y").stderr
    assert plugins.steps() == [f"{mark} restart 2" for mark in "cba"] + [f"{mark} run {nodes}" for mark in "abc"]
    good(lab, "cluster", "stop", "base1", "-y")
    assert plugins.steps() == [f"{mark} shutdown 2" for mark in "cba"]
    good(lab, "cluster", "start", "base1")
    assert plugins.steps() == [f"{mark} run {nodes}" for mark in "abc"]
    # A node that stops alone is gone for them, and another one when it is back.
    good(lab, "-c", "stop compute001 -y")
    assert plugins.steps() == [f"{mark} remove compute001 still there" for mark in "cba"]
    good(lab, "cluster", "start", "base1")
    assert plugins.steps() == [f"{mark} add compute001 2" for mark in "abc"]
    good(lab, "cluster", "start", "base1")
    assert plugins.steps() == []
    good(lab, "cluster", "delete", "base1", "-y")
    assert plugins.steps() == [f"{mark} shutdown 2" for mark in "cba"]


def test_a_plugin_that_fails_is_where_the_setup_goes_on(lab, plugins):
    mended = lab.folder / "mended"
    text = THREE.replace("mark = b\n", f"mark = b\nfails_on = node002\nuntil = {mended}\n")
    configure(lab, text + "[cluster base1]\nnodes.node = 2\nplugins = a, b, c\n")
    plugins.write("steps.py", STEPS)
    result = lab.run("cluster", "start", "base1")
    assert result.returncode == 1
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("cluster start: ")]
    for part in ("plugin b", "node002", f"test -e {mended}", "status 1", "last"):
        assert part in line
    assert plugins.steps() == ["a run node001 node001 node002", "b run node001 node001 node002"]
    assert ran(lab, "base1") == {"a": {"node001": True, "node002": True}, "b": {"node002": False}, "c": {"": False}}
    assert "node002  running" in re.sub(" +", "  ", lab.run("cluster", "status", "base1").stdout.replace("node ", ""))
    assert lab.run("cluster", "setup", "base1", "--resume").returncode == 1
    assert plugins.steps() == ["b run node001 node001 node002"]
    mended.touch()
    good(lab, "cluster", "setup", "base1", "--resume")
    assert plugins.steps() == ["b run node001 node001 node002", "c run node001 node001 node002"]
    assert ran(lab, "base1") == {mark: {"node001": True, "node002": True} for mark in "abc"}


def test_what_changed_since_the_start_is_told(lab, plugins):
    path = configure(lab, SECTION + TEMPLATE)
    plugins.write("ubuntu.py", INSTALLER)
    good(lab, "cluster", "start", "smallcluster")
    path.write_text(path.read_text().replace("htop", "vim"))
    result = good(lab, "cluster", "resize", "smallcluster", "-a", "1:node")
    told = result.stdout + result.stderr
    assert "pkg_to_install of plugin pkginstaller was 'htop', and is 'vim'" in told and "--reload" in told
    assert plugins.installed() == BOTH + ["node003:-y install htop"]
    good(lab, "cluster", "setup", "--reload", "--again")
    assert plugins.installed()[-1] == "node003:-y install vim" and len(plugins.installed()) == 6
    assert "pkg_to_install of" not in good(lab, "cluster", "setup").stderr
    # Without its template it has the plugins of its start.
    path.write_text("[groups]\n")
    good(lab, "cluster", "setup", "smallcluster", "--again")
    assert plugins.installed()[-1] == "node003:-y install vim" and len(plugins.installed()) == 9


BROKEN = {
    "syntax": ("syntax.Plugin", "class Plugin(:\n", "syntax error"),
    "imports": ("imports.Plugin", "import nothing_of_that_name\n", "nothing_of_that_name"),
    "missing": ("missing.Plugin", "Other = 1\n", "Plugin"),
    "other": ("other.Plugin", "class Plugin:\n    pass\n", "ClusterSetup"),
    "raises": ("raises.Plugin", "from starcluster.clustersetup import ClusterSetup\n\nclass Plugin(ClusterSetup):\n"
               "    def __init__(self):\n        raise ValueError('no good')\n"
               "    def run(self, *arguments):\n        pass\n", "no good"),
}


def test_broken_plugins_are_told_before_a_node_is_touched(lab, plugins):
    for name, (_, text, _) in BROKEN.items():
        plugins.write(f"{name}.py", text)
    sections = "".join(f"[plugin {name}]\nsetup_class = {kind}\n" for name, (kind, _, _) in BROKEN.items())
    plugins.write("ubuntu.py", INSTALLER)
    configure(lab, sections + SECTION + f"[cluster base1]\nnodes.node = 1\nplugins = {', '.join(BROKEN)}\n")
    result = lab.run("plugin", "check")
    assert result.returncode == 1 and result.stdout == "pkginstaller: ok\n"
    lines = result.stderr.splitlines()
    for name, (_, _, word) in BROKEN.items():
        assert [line for line in lines if f"lugin {name}" in line and word in line], (name, lines)
    listed = good(lab, "plugin", "list").stdout
    assert re.search(r"pkginstaller +ubuntu.PackageInstaller +run +pkg_to_install", listed)
    assert "`plugin check` says why" in listed
    for words in ((), ("--dry-run",)):
        result = lab.run("cluster", "start", "base1", *words)
        assert result.returncode == 2
        for name, (_, _, word) in BROKEN.items():
            assert word in result.stderr
    assert not (lab.folder / "state/muster/instances").exists()
    assert lab.run("cluster", "status", "base1").returncode == 3
    good(lab, "cluster", "start", "base1", "--no-setup")


def test_a_name_that_is_not_defined(lab, plugins):
    path = configure(lab, SECTION + "[cluster base1]\nnodes.node = 1\nplugins = pkginstaler\n")
    for words in (("cluster", "start", "base1"), ("plugin", "check"), ("plugin", "list")):
        result = lab.run(*words)
        assert result.returncode == 2 and plugins.installed() == []
        assert result.stderr.endswith(f"{path}:6: plugin 'pkginstaler' not defined in config; there are: pkginstaller; "
                                      "did you mean pkginstaller?\n")
    configure(lab, SECTION)
    result = lab.run("plugin", "run", "pkginstaler")
    assert result.returncode == 2 and "did you mean pkginstaller?" in result.stderr


def test_the_folder_for_plugins_is_ones_own(lab, plugins):
    plugins.folder.rmdir()
    configure(lab, SECTION + TEMPLATE)
    assert lab.run("plugin", "check").returncode == 1
    assert stat.S_IMODE(plugins.folder.stat().st_mode) == 0o700
    plugins.write("ubuntu.py", INSTALLER)
    good(lab, "plugin", "check")
    os.chmod(plugins.folder, 0o777)
    for words in (("plugin", "check"), ("cluster", "start", "smallcluster")):
        result = lab.run(*words)
        assert result.returncode != 0 and str(plugins.folder) in result.stderr and "chmod" in result.stderr
    assert plugins.installed() == []


def sleepers():
    """The command of the next test, which has not our environment."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes() == b"sleep\00098765.4321\0":
                found.append(path)
    return found


def test_what_plugins_run_ends_with_the_first_interrupt(lab, plugins):
    plugins.write("slow.py", "from starcluster.clustersetup import ClusterSetup\n\nclass Slow(ClusterSetup):\n"
                  "    def run(self, nodes, *rest):\n        nodes[0].ssh.execute('sleep 98765.4321')\n")
    configure(lab, "[plugin slow]\nsetup_class = slow.Slow\n[cluster base1]\nnodes.node = 1\nplugins = slow\n")
    process = lab.start("cluster", "start", "base1")
    wait_until(sleepers, 20 * SLACK, "it runs")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20 * SLACK)
    assert process.returncode == 130, told
    wait_until(lambda: not sleepers(), 5 * SLACK, "it is gone")
    assert json.loads(good(lab, "cluster", "status", "base1", "-o", "json").stdout)["nodes"][0]["state"] == "running"
