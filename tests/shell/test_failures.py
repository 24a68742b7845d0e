"""Failures: one line each, the traceback on demand, and never at the cost of other nodes."""

import os
import signal
import time

import pytest

from conftest import LONG, SLACK, processes_with, wait_until, without_time


@pytest.fixture
def two_daemons(clustershell):
    """n1 and n2 of a configuration; yields how to start one."""
    daemons = {}

    def start(name):
        path = clustershell.folder / f"{name}.sock"
        daemon = clustershell.start("--name", name, "--listen", f"unix:{path}", program="clusterd")
        assert b"listening" in daemon.stdout.readline()
        daemons[name] = daemon
        return daemon

    (clustershell.folder / "two.conf").write_text(
        f"[cluster two]\nnodes = n1=unix:{clustershell.folder}/n1.sock, "
        f"n2=unix:{clustershell.folder}/n2.sock\n")
    os.chmod(clustershell.folder, 0o700)
    yield start
    for daemon in daemons.values():
        daemon.kill()
        daemon.communicate()


def test_an_exception_is_one_line(clustershell):
    result = clustershell.lines(1, "py 1 1/0")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "n1: failed: ZeroDivisionError: division by zero (line 1)\n"


@pytest.mark.parametrize("arguments", [["-c", "debug"], ["--debug"], ["-c", "debug on"]])
def test_with_debug_the_traceback_comes(clustershell, arguments):
    result = clustershell.run("--local", "1", *arguments, "-c", "py 1 1/0")
    assert result.returncode == 1
    assert "n1: Traceback (most recent call last):\n" in result.stderr
    assert "n1: ZeroDivisionError: division by zero\n" in result.stderr
    assert "1/0" in result.stderr
    assert all(line.startswith(("n1: ", "debug ")) for line in result.stderr.splitlines())


def test_debug_toggles(clustershell):
    result = clustershell.lines(1, "debug", "debug", "py 1 1/0")
    assert result.stderr.startswith("debug on\ndebug off\n")
    assert "Traceback" not in result.stderr


def test_an_exit_code_is_one_line(clustershell):
    result = clustershell.lines(1, "@ echo before; exit 3")
    assert (result.returncode, result.stdout) == (1, "n1: before\n")
    assert result.stderr == "n1: failed: exit code 3\n"


def test_several_nodes_get_a_summary_when_one_failed(clustershell):
    line = "@ test $MUSTER_NODE != n3"
    result = clustershell.lines(3, line)
    assert result.returncode == 1
    assert without_time(result.stderr) == ["n3: failed: exit code 1", "2 ok, 1 failed: n3 exit 1"]
    assert without_time(clustershell.lines(3, "@ true").stderr) == ["3 ok"]
    assert clustershell.lines(3, "@n3 false").stderr == "n3: failed: exit code 1\n"


def test_a_dead_node_is_named_and_the_others_answer(clustershell, two_daemons):
    two_daemons("n1")
    begun = time.monotonic()
    result = clustershell.run("--config", "two.conf", "-c", "@n1,n2 echo here", "-c", "check")
    assert time.monotonic() - begun < (5 + 2) * SLACK
    assert result.returncode == 4
    assert result.stdout.splitlines()[0] == "n1: here"
    errors = without_time(result.stderr)
    assert errors[0].startswith("n2: unreachable")
    assert errors[1] == "1 ok, 1 unreachable: n2"
    checked = result.stdout.splitlines()[1:]
    assert checked[0].startswith("n1: ok") and checked[1].startswith("n2: ")
    assert errors[-1] == "1 ok, 1 failed (n2)"


def test_show_says_which_node_is_down(clustershell, two_daemons):
    two_daemons("n2")
    result = clustershell.run("--config", "two.conf", "-c", "show")
    states = [line.split()[3] for line in result.stdout.splitlines()[1:]]
    assert states == ["down", "running"]
    assert result.stderr.startswith("n1: ")


def test_a_node_killed_in_the_middle_is_lost(clustershell, two_daemons):
    two_daemons("n1")
    daemon = two_daemons("n2")
    ran = clustershell.folder / "ran-n2"
    line = f"@ touch {clustershell.folder}/ran-$MUSTER_NODE; test $MUSTER_NODE = n1 || sleep 600"
    shell = clustershell.start("--config", "two.conf", "-c", line)
    wait_until(ran.exists, LONG, "n2 runs")
    daemon.send_signal(signal.SIGKILL)
    _, errors = shell.communicate(timeout=(15 + 5) * SLACK)
    assert shell.returncode == 4
    assert b"n2: lost" in errors and b"1 ok, 1 lost: n2, " in errors


def test_without_a_cluster_the_message_says_what_to_do(clustershell):
    if os.path.exists("/run/muster/clusterd.sock") or os.path.exists("/etc/muster/cluster.conf"):
        pytest.skip("this machine has a cluster")
    result = clustershell.run("-c", "check")
    assert result.returncode in (2, 4)
    assert "clusterd" in result.stderr and "[cluster NAME]" in result.stderr


FAR = "[cluster far]\nnodes = n1=ssh:somewhere\n"
NEW = "[provider office]\ntype = ssh\nhosts = somewhere\n[cluster new]\nprovider = office\nnodes.node = 1\n"


@pytest.mark.parametrize("configuration, words, ends", [
    (FAR, ["-c", "check"], signal.SIGKILL), (FAR, ["-c", "check"], signal.SIGTERM),
    (NEW, ["cluster", "start", "new"], signal.SIGKILL)])
def test_an_ssh_that_still_connects_ends_with_the_shell_that_started_it(clustershell, configuration, words, ends):
    # Told of its input when it runs, and from then on deaf, as ssh is until it is connected.
    ssh, heard = clustershell.folder / "ssh", clustershell.folder / "heard"
    ssh.write_text(f"#!/bin/sh\nhead -c 3 >{heard}\nsleep 1234\n:\n")
    ssh.chmod(0o700)
    clustershell.environment["MUSTER_SSH"] = str(ssh)
    path = clustershell.folder / "far.conf"
    path.write_text(configuration)
    shell = clustershell.start("--config", str(path), *words)
    wait_until(lambda: heard.exists() and heard.stat().st_size == 3, LONG, "ssh runs")
    assert any("sleep 1234" in line or str(ssh) in line for line in processes_with(clustershell.mark))
    shell.send_signal(ends)
    shell.communicate()
    wait_until(lambda: not processes_with(clustershell.mark), LONG, "nothing of it stays")
