"""Plugins of clusters: when they run, on which nodes and in which order, and what is told of them."""

import os
import re
import subprocess

from plugin_lab import (INSTALLER, LOGGING_INSTALLER, SECTION, STEPS, TEMPLATE, THREE, configure,  # noqa: F401
                        fixture_lab, fixture_plugins, good, ran)

from conftest import SLACK

BOTH = ["node001:-y install htop", "node002:-y install htop"]


def python(lab, *lines):
    """Lines about the cluster base1 in a program."""
    opened = "from muster.repository import SqliteRepository; cluster = SqliteRepository().get('base1')"
    program = "; ".join([opened, *lines])
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
    # Python has the plugins with which it was set up. One that was not built so loads no sanitized module.
    if not os.environ.get("MUSTER_TEST_SANITIZER"):
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
