"""The development shell, the configuration that it has, and the log."""

import json
import logging
import os
import pathlib
import pty
import re
import subprocess
import sys
import threading

import muster
import pytest
from conftest import eventually
from plugin_runs import DOCUMENT, calls_of, fake

CONFIGURATION = """\
[global]
DEFAULT_TEMPLATE = smallcluster
[cluster smallcluster]
provider = local
nodes.master = 1
nodes.node = 1
plugins = pkginstaller, second

[cluster larger]
EXTENDS = smallcluster
cluster_size = 4   # nodes

[plugin pkginstaller]
SETUP_CLASS = ubuntu.PackageInstaller
pkg_to_install = htop   ; a comment

[plugin second]
setup_class = second.Second
NodeNames = a,
            b
"""


@pytest.fixture(name="home")
def fixture_home(state, monkeypatch):
    monkeypatch.setenv("HOME", str(state))
    monkeypatch.setenv("PATH", f"{state}/bin:{os.environ['PATH']}")
    (state / ".starcluster/plugins").mkdir(parents=True)
    (state / ".starcluster/plugins/ubuntu.py").write_text(DOCUMENT)
    (state / "lab.conf").write_text(CONFIGURATION)
    return state


@pytest.fixture(name="started")
def fixture_started(home):
    """A cluster of two nodes that runs."""
    cluster = muster.Cluster("testcluster", muster.LocalCloudProvider())
    cluster.add_nodes("node", 1)
    cluster.add_nodes("master", 1)
    fake(home / "bin", "apt-get")
    cluster.start()
    yield home
    cluster.stop()


def test_a_plugin_is_tried_in_the_development_shell_until_it_runs(started):
    calls = started / "bin/apt-get.calls"
    steps = """\
cluster.run_plugin('pkginstaller', 'testcluster', cfg)
open('HOME/.starcluster/plugins/ubuntu.py', 'a').write('               log.info("done on " + node.alias)\\n')
cluster.run_plugin('pkginstaller', 'testcluster', cfg)
open('HOME/.starcluster/plugins/ubuntu.py', 'a').write('from starcluster.logger import log\\n')
cluster.run_plugin('pkginstaller', 'testcluster', cfg)
[node.alias for node in nodes], nodes[0].ssh.execute('echo $MUSTER_NODE')
ec2.get_all_instances()
cluster is cm, starcluster.node.Node is type(nodes[0]), s3
templates.sge.sge_pe_template
cluster.run_plugin('pkginstaller', 'testclustre', cfg)
cluster.get_cluster('none')
"""
    (started / "steps").write_text(steps.replace("HOME", str(started)))
    for program in ("import sys; sys.modules['IPython'] = None", ""):
        for path in calls.parent.glob(calls.name + ".*"):
            path.unlink()
        (started / ".starcluster/plugins/ubuntu.py").write_text(DOCUMENT)
        done = subprocess.run(
            [sys.executable, "-c", f"{program}\nfrom muster.plugins.shell import main\nraise SystemExit(main())",
             "--config", str(started / "lab.conf"), "--cluster", "testcluster"],
            input=(started / "steps").read_bytes(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120)
        out = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", done.stdout.decode())
        assert done.returncode == 0, out
        assert [line.removeprefix(">>> Importing module ") for line in out.splitlines() if ">>> Importing module" in line] == (
            "config plugins cli awsutils ssh utils static exception cluster node clustersetup image volume tests templates "
            "optcomplete boto paramiko").split()
        assert calls_of(calls) == ["master001: <-y> <install> <htop>"] * 3 + ["node001: <-y> <install> <htop>"] * 2
        assert "NameError: name 'log' is not defined (ubuntu.py, line 9, in run)" in " ".join(out.split())
        assert ">>> done on master001" in out and "(['master001', 'node001'], ['master001'])" in out
        assert "ec2.get_all_instances: there is no provider for Amazon's cloud here" in out
        assert "(True, True, <s3: no provider for Amazon's cloud is here>)" in out
        assert "starcluster.templates.sge is not there" in out
        there = "there are: larger, smallcluster, testcluster"
        assert f"!!! ERROR - there is no cluster testclustre; {there}; did you mean testcluster?" in out
        assert f"!!! ERROR - there is no cluster none; {there}" in out and "ClusterDoesNotExist" not in out
        # As after `plugin run`.
        receipt = json.loads(muster.SqliteRepository().get("testcluster")._record()["receipts"]["plugins"])
        assert receipt["done"]["pkginstaller"]["ran"] and list(receipt["done"]["pkginstaller"]["nodes"]) == ["master001", "node001"]


def test_at_a_terminal_it_is_ipython(started):
    pytest.importorskip("IPython")
    leader, follower = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "muster.plugins.shell", "--config", str(started / "lab.conf")],
                               stdin=follower, stdout=follower, stderr=follower, env=os.environ | {"TERM": "xterm"},
                               start_new_session=True)
    os.close(follower)
    said = bytearray()

    def read():
        try:
            while piece := os.read(leader, 4096):
                said.extend(piece)
        except OSError:
            pass
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert eventually(lambda: b"In [" in said), bytes(said)
        os.write(leader, b"len(nodes) * 1111\r")
        assert eventually(lambda: b"2222" in said), bytes(said)
        os.write(leader, b"exit\r")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        reader.join(10)
        os.close(leader)


def test_a_cluster_that_is_not_there_is_told(home, capsys):
    from muster.plugins.shell import main
    assert main(["--cluster", "none", "--config", str(home / "lab.conf")]) == 1
    assert "clustershell shell: there is no cluster none; there are: larger, smallcluster" in capsys.readouterr().err
    (home / ".starcluster/config").write_text("[cluster old]\nCLUSTER_SIZE = 2\n")
    assert main(["--cluster", "old"]) == 1
    assert "cluster old does not run: `clustershell cluster create old` starts it" in capsys.readouterr().err
    assert main(["--config", str(home / "none.conf")]) == 1
    assert f"there is no configuration {home}/none.conf" in capsys.readouterr().err


def test_the_configuration_is_read_as_plugins_ask_for_it(home):
    from starcluster import exception
    from starcluster.config import StarClusterConfig
    cfg = StarClusterConfig(str(home / "lab.conf")).load()
    assert cfg.get_cluster_template("larger") == {
        "__name__": "larger", "provider": "local", "nodes.master": "1", "nodes.node": "1", "cluster_size": "4",
        "plugins": ["pkginstaller", "second"]}
    first, second = cfg.plugins_of("larger")
    assert (first.setup_class, first.settings, first.origin) == (
        "ubuntu.PackageInstaller", {"pkg_to_install": "htop"}, f"{home}/lab.conf:13")
    assert second.settings == {"NodeNames": "a, b"} and cfg.get_default_cluster_template() == "smallcluster"
    assert cfg.plugins["pkginstaller"]["pkg_to_install"] == "htop" and cfg.get("plugin second", "setup_class") == "second.Second"
    with pytest.raises(exception.PluginNotFound, match="plugin 'third' not defined in config"):
        cfg.get_plugin("third")
    with pytest.raises(exception.ClusterTemplateDoesNotExist, match=r"\[cluster none\] is not in"):
        cfg.get_cluster_template("none")
    (home / "loop.conf").write_text("[cluster a]\nextends = b\n[cluster b]\nextends = a\n")
    with pytest.raises(exception.ConfigError, match=r"\[cluster a\] extends itself \(a -> b -> a\)"):
        StarClusterConfig(str(home / "loop.conf")).load().get_cluster_template("a")


def test_starclusters_own_configuration_is_read_too(home, monkeypatch):
    (home / ".starcluster/config").write_text("[plugin old]\nSETUP_CLASS = old.Old\n[global]\nINCLUDE = ~/more\n")
    (home / "more").write_text("[plugin more]\nsetup_class = more.More\n")
    monkeypatch.setenv("MUSTER_CONFIG", str(home / "lab.conf"))
    from starcluster.config import get_config
    assert sorted(get_config().plugins) == ["more", "old", "pkginstaller", "second"]


# ---- The log ----

def test_the_screen_and_the_debug_file_get_what_they_should(home, capsys, monkeypatch):
    from starcluster.logger import INFO_NO_NEWLINE, log
    assert logging.getLevelName("INFO") == logging.INFO and logging.getLevelName(INFO_NO_NEWLINE) == "INFO"
    from muster.plugins import logger
    monkeypatch.setenv("COLUMNS", "28")
    before = logger.configure(str(home / "logs"))
    try:
        log.debug("hidden %d", 1)
        log.info("shown")
        log.warn("careful")
        log.error("bad")
        log.critical("worse")
        log.fatal("worst")
        log.info("as it is", extra=dict(__raw__=True))
        log.info("no end, ", extra=dict(__nonewline__=True))
        log.log(INFO_NO_NEWLINE, "nor here")
        log.info(" end", extra={"__raw__": 1})
        log.info("a text that is longer than one line", extra=dict(__textwrap__=True))
        with logger.lines_of("n1"):
            log.debug("of a node")
        logger.configure(str(home / "logs"), debug=True)
        log.debug("seen")
    finally:
        logger.configure(*before)
    told = capsys.readouterr()
    assert told.out.splitlines() == [">>> shown", "*** WARNING - careful", "as it is", ">>> no end, >>> nor here end",
                                     ">>> a text that is longer", ">>> than one line",
                                     f"test_plugins_shell.py:{line_of('seen')} - DEBUG - seen"]
    assert told.err.splitlines() == ["!!! ERROR - bad", "!!! ERROR - worse", "!!! ERROR - worst"]
    text = (home / "logs/debug.log").read_text()
    assert re.search(rf"^\S+ \S+ PID: {os.getpid()} test_plugins_shell.py:\d+ - DEBUG - hidden 1$", text, re.MULTILINE)
    assert "WARNING - careful" in text and "DEBUG - [n1] of a node" in text and (home / "logs/debug.log").stat().st_mode & 0o77 == 0


def line_of(word):
    lines = pathlib.Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if f'log.debug("{word}")' in line)


def test_the_debug_file_is_put_aside_when_it_is_large_also_by_several_writers(tmp_path):
    from muster.plugins.debug_file import DebugFile
    files = [DebugFile(str(tmp_path / "debug.log"), size=2000, count=2) for _ in range(4)]

    def write(file, number):
        for line in range(200):
            file.emit(logging.LogRecord("x", logging.INFO, "", 0, f"{number} {line:04} {'.' * 20}", (), None))
    threads = [threading.Thread(target=write, args=(file, number)) for number, file in enumerate(files)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["debug.log", "debug.log.1", "debug.log.2", "debug.log.lock"]
    for name in ("debug.log", "debug.log.1", "debug.log.2"):
        lines = (tmp_path / name).read_text().splitlines()
        assert lines and all(re.fullmatch(r"\d \d{4} \.{20}", line) for line in lines)
        assert (tmp_path / name).stat().st_size <= 2000
