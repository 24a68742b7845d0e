"""Plugins that fail, are broken, take too long, or do not exist: what is told, and what is kept."""

import contextlib
import json
import os
import pathlib
import re
import signal
import stat

from plugin_lab import (INSTALLER, SECTION, STEPS, TEMPLATE, THREE, configure, fixture_lab,  # noqa: F401
                        fixture_plugins, good, ran)

from conftest import SLACK, wait_until


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


def test_a_failure_whose_text_is_no_text_is_kept(lab, plugins):
    sections = THREE + "[plugin odd]\nsetup_class = odd.Odd\n[cluster base1]\nnodes.node = 1\n"
    configure(lab, sections + "plugins = a, odd\n")
    plugins.write("steps.py", STEPS)
    plugins.write("odd.py", "from starcluster.clustersetup import ClusterSetup\n\nclass Odd(ClusterSetup):\n"
                  "    def run(self, nodes, *arguments):\n        raise RuntimeError('bad \\udcff name')\n")
    result = lab.run("cluster", "start", "base1")
    assert result.returncode == 1 and "plugin odd: run failed RuntimeError: bad ? name" in result.stderr
    assert ran(lab, "base1") == {"a": {"node001": True}, "odd": {"": False}}

    # What failed on no node is told, too; what is configured no more did not fail to run.
    def told():
        plugins_of = json.loads(good(lab, "cluster", "status", "base1", "-o", "json").stdout)["plugins"]
        return {one["plugin"]: one["text"] for one in plugins_of}
    assert told() == {"a": "run", "odd": "run: RuntimeError: bad ? name"}
    plugins.write("odd.py", "def f(:\n")
    assert lab.run("cluster", "setup", "base1").returncode == 1
    assert "Plugin odd" in told()["odd"] and "odd.py" in told()["odd"]
    configure(lab, sections + "plugins = b\n")
    assert told() == {"a": "run; no longer configured"}
    good(lab, "cluster", "setup", "base1")
    assert told() == {"a": "run; no longer configured", "b": "run"}
    configure(lab, sections + "plugins = a, b\n")
    good(lab, "cluster", "setup", "base1", "--reload")
    assert told() == {"a": "run", "b": "run"}


def test_the_log_goes_where_it_went_whatever_a_plugin_does_to_its_streams(lab, plugins):
    plugins.write("closes.py", "import os, sys\nfrom starcluster.clustersetup import ClusterSetup\n"
                  "from starcluster.logger import log\n\nclass Closes(ClusterSetup):\n    def run(self, nodes, *rest):\n"
                  "        sys.stdout = sys.stderr = open(os.devnull, 'w')\n        log.info('one')\n        log.error('bad')\n"
                  "        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__\n        sys.stdout.close()\n"
                  "        log.info('two')\n        sys.stderr.close()\n        log.error('worse')\n\n"
                  "class After(ClusterSetup):\n    def run(self, nodes, *rest):\n        print('three')\n        log.info('four')\n")
    configure(lab, "[plugin closes]\nsetup_class = closes.Closes\n[plugin after]\nsetup_class = closes.After\n"
              "[cluster base1]\nnodes.node = 1\nplugins = closes, after\n")
    result = good(lab, "cluster", "start", "base1")
    lines = [line for line in result.stdout.splitlines() if line in (">>> one", ">>> two", "three", ">>> four")]
    assert lines == [">>> one", ">>> two", "three", ">>> four"], result.stdout
    assert [line for line in result.stderr.splitlines() if line.startswith("!!!")] == ["!!! ERROR - bad", "!!! ERROR - worse"]


def test_what_a_killed_clustershell_left_in_tmp_goes_with_the_next(lab, plugins):
    configure(lab, "[plugin slow]\nsetup_class = slow.Slow\n")
    tmp = lab.folder / "tmp"
    tmp.mkdir()
    lab.environment["TMPDIR"] = str(tmp)
    plugins.write("slow.py", "import time\nfrom starcluster.clustersetup import ClusterSetup\n\nclass Slow(ClusterSetup):\n"
                  "    def run(self, *arguments):\n        print('here', flush=True)\n        time.sleep(600)\n")
    child = lab.start("--local", "1", "-c", "plugin run slow")
    (folder,) = wait_until(lambda: list(tmp.glob("muster-plugins-*")), 10 * SLACK, "a folder")
    os.utime(folder, (0, 0))
    assert good(lab, "plugin", "check").stdout == "slow: ok\n" and folder.exists()  # somebody has it
    child.kill()
    child.communicate()
    assert folder.exists()

    def is_gone():
        # What runs the plugins notices its end and may still write, which makes the folder young again.
        with contextlib.suppress(FileNotFoundError):
            os.utime(folder, (0, 0))
        good(lab, "plugin", "check")
        return not list(tmp.glob("muster-plugins-*"))

    wait_until(is_gone, 20 * SLACK, "the folder goes")


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


# Of this process alone: what it waits for has not our environment.
SLEEP = f"sleep 98765.{os.getpid()}"


def sleepers():
    """The command of the next test."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes().decode(errors="replace") == SLEEP.replace(" ", "\0") + "\0":
                found.append(path)
    return found


def test_what_plugins_run_ends_with_the_first_interrupt(lab, plugins):
    plugins.write("slow.py", "from starcluster.clustersetup import ClusterSetup\n\nclass Slow(ClusterSetup):\n"
                  f"    def run(self, nodes, *rest):\n        nodes[0].ssh.execute('{SLEEP}')\n")
    plugins.write("steps.py", STEPS)
    path = configure(lab, THREE + "[plugin slow]\nsetup_class = slow.Slow\n"
                     "[cluster base1]\nnodes.node = 1\nplugins = a, slow, b\n")
    process = lab.start("cluster", "start", "base1")
    wait_until(sleepers, 20 * SLACK, "it runs")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=20 * SLACK)
    assert process.returncode == 130, told
    wait_until(lambda: not sleepers(), 5 * SLACK, "it is gone")
    # What ran until then is kept, and the node, too.
    assert plugins.steps() == ["a run node001 node001"]
    assert ran(lab, "base1")["a"] == {"node001": True} and not all(ran(lab, "base1")["slow"].values())
    assert json.loads(good(lab, "cluster", "status", "base1", "-o", "json").stdout)["nodes"][0]["state"] == "running"
    # The same of a plugin that takes too long, or ends its process.
    path.write_text(path.read_text() + "plugin_timeout = 8s\n")
    result = lab.run("cluster", "setup", "base1")
    assert result.returncode == 1 and "plugin_timeout is over; plugin slow: " in result.stderr and not sleepers()
    plugins.write("slow.py", "import os\nfrom starcluster.clustersetup import ClusterSetup\n\n"
                  "class Slow(ClusterSetup):\n    def run(self, nodes, *rest):\n        os._exit(3)\n")
    result = lab.run("cluster", "setup", "base1")
    assert result.returncode == 1 and "plugins: " in result.stderr
    path.write_text(path.read_text().replace("8s", "10m") + "on_plugin_failure = continue\n")
    plugins.write("slow.py", "from starcluster.clustersetup import ClusterSetup\n\nclass Slow(ClusterSetup):\n"
                  "    def run(self, nodes, *rest):\n        nodes[0].ssh.execute('exit 4')\n")
    result = lab.run("cluster", "setup", "base1")
    assert result.returncode == 1 and "plugin slow" in result.stderr and "status 4" in result.stderr
    assert plugins.steps() == ["b run node001 node001"]


DIES = """import os
import signal
from starcluster.clustersetup import ClusterSetup

if os.path.exists("{0}/load"):
    os._exit(3)

class Dies(ClusterSetup):
    def run(self, nodes, *rest):
        if os.path.exists("{0}/run"):
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_plugin_whose_process_dies_has_failed(lab, plugins):
    plugins.write("steps.py", STEPS)
    plugins.write("dies.py", DIES.format(lab.folder))
    configure(lab, THREE + "[plugin dies]\nsetup_class = dies.Dies\n[cluster base1]\nnodes.node = 1\nplugins = a, dies, b\n")
    dies = lab.folder / "run"

    def told(*words):
        result = lab.run("cluster", *words)
        assert result.returncode == 1 and "plugin dies: run did not end: the process that it ran in died; " in result.stderr
        return ran(lab, "base1")

    dies.touch()
    assert told("start", "base1") == {"a": {"node001": True}, "dies": {"node001": False}, "b": {"": False}}
    dies.unlink()
    good(lab, "cluster", "setup", "base1")
    assert plugins.steps() == ["a run node001 node001", "b run node001 node001"]
    # After a run that went well, too.
    dies.touch()
    assert told("setup", "base1", "--again") == {"a": {"node001": True}, "dies": {"node001": False}, "b": {"node001": True}}
    dies.unlink()
    assert "dies: done on 1 node\n" in good(lab, "cluster", "setup", "base1").stderr
    assert ran(lab, "base1") == {mark: {"node001": True} for mark in ("a", "dies", "b")}
    (lab.folder / "load").touch()
    result = lab.run("cluster", "setup", "base1", "--again")
    assert result.returncode == 1 and "plugin dies: loading it did not end: the process that it ran in died; " in result.stderr


def test_a_node_that_is_dead_can_go(lab, plugins):
    plugins.write("steps.py", STEPS)
    configure(lab, THREE + "[cluster base1]\nnodes.node = 2\nplugins = a, b\n")
    good(lab, "cluster", "start", "base1")
    plugins.steps()
    place = f"{lab.folder}/state/muster/instances/base1/node002-"
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().decode(errors="replace").split("\0")
            if words[0].endswith("/clusterd") and any(place in word for word in words):
                os.kill(int(path.parent.name), signal.SIGKILL)
    result = good(lab, "-c", "terminate node002 -y")
    assert "node002: terminated" in result.stdout
    assert "terminate: plugin b: on_remove_node failed on node002" in result.stderr and "plugin a: " in result.stderr
    assert list(ran(lab, "base1")["a"]) == ["node001"]
    good(lab, "cluster", "delete", "base1", "-y")
    assert plugins.steps() == ["b shutdown 1", "a shutdown 1"]


def test_an_interrupt_while_plugins_are_told_stops_no_node(lab, plugins):
    plugins.write("slow.py", "import pathlib, time\nfrom starcluster.clustersetup import ClusterSetup\n\n"
                  "class Slow(ClusterSetup):\n    def run(self, *rest):\n        pass\n"
                  "    def on_shutdown(self, *rest):\n"
                  f"        pathlib.Path('{lab.folder}/told').touch()\n        time.sleep(600)\n"
                  "    on_restart = on_shutdown\n"
                  "    def on_remove_node(self, node, *rest):\n        self.on_shutdown()\n")
    configure(lab, "[plugin slow]\nsetup_class = slow.Slow\n[cluster base1]\nnodes.node = 2\nplugins = slow\n")
    good(lab, "cluster", "start", "base1")
    for words in (("cluster", "stop", "base1", "-y"), ("cluster", "delete", "base1", "-y", "--force"),
                  ("cluster", "restart", "base1", "-y"), ("-c", "terminate node002 -y")):
        process = lab.start(*words)
        wait_until(lambda: (lab.folder / "told").exists(), 20 * SLACK, "the plugin is told")
        (lab.folder / "told").unlink()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20 * SLACK)
        assert process.returncode == 130 and b"interrupted before a node was touched" in told, (words, told)
        nodes = json.loads(good(lab, "cluster", "status", "base1", "-o", "json").stdout)["nodes"]
        assert [node["state"] for node in nodes] == ["running", "running"], words
    plugins.write("slow.py", "from starcluster.clustersetup import ClusterSetup\n\nclass Slow(ClusterSetup):\n"
                  "    def run(self, *rest):\n        pass\n")
    good(lab, "cluster", "delete", "base1", "-y")
