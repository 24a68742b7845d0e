"""ps and stop: what runs on the nodes, and how one of them is ended from another shell."""

import os
import pwd
import re

import pytest

from conftest import LONG, processes_with, wait_until

SLEEP = "sleep 12345"


@pytest.fixture(name="cluster")
def fixture_cluster(clustershell):
    """Two daemons, n1 and n2, and how clustershell is run on them."""
    os.chmod(clustershell.folder, 0o700)
    daemons = []
    for name in ["n1", "n2"]:
        daemons.append(clustershell.start("--name", name, "--workers", "1", "--listen",
                                          f"unix:{clustershell.folder}/{name}.sock",
                                          program="clusterd"))
        assert b"listening" in daemons[-1].stdout.readline()
    (clustershell.folder / "cluster.conf").write_text(
        f"[cluster two]\nnodes = n1=unix:{clustershell.folder}/n1.sock, "
        f"n2=unix:{clustershell.folder}/n2.sock\n")
    started = []

    def start(*arguments):
        started.append(clustershell.start(*arguments))
        return started[-1]

    clustershell.in_background = start
    yield clustershell
    for process in started + daemons:
        process.kill()
        process.communicate()


def rows(cluster, line="ps"):
    """The rows of ps as lists of cells; the command is the rest of the line."""
    result = cluster.run("-c", line)
    assert result.returncode == 0, result.stderr
    header, *lines = result.stdout.splitlines()
    assert header.split() == ["node", "id", "user", "state", "age", "cpu", "memory", "processes",
                              "command"]
    return [re.split(r"  +", line) for line in lines]


def test_nothing_runs_at_first(cluster):
    assert rows(cluster) == []


def test_ps_lists_what_runs_and_stop_ends_it(cluster):
    shell = cluster.in_background("-c", f"@* {SLEEP}\t# 1\x1b[2J")
    wait_until(lambda: len(rows(cluster)) == 2, LONG, "both run")
    first, second = rows(cluster)
    assert [first[0], second[0]] == ["n1", "n2"]
    assert re.fullmatch(r"[0-9a-f]{8,}-[1-9][0-9]*", first[1])
    assert first[2] == pwd.getpwuid(os.getuid()).pw_name
    assert first[3] == "running"
    assert re.fullmatch(r"[0-9.]+ (ms|s|m)", first[4])
    assert re.fullmatch(r"[0-9.]+ (ms|s|m)", first[5])
    assert re.fullmatch(r"[0-9.]+ [KMG]iB", first[6])
    assert int(first[7]) >= 1
    assert first[8] == f"{SLEEP}\\t# 1\\x1b[2J"
    assert [row[0] for row in rows(cluster, "ps n2")] == ["n2"]

    stopped = cluster.run("-c", f"stop n1 {first[1]}")
    assert (stopped.returncode, stopped.stdout) == (0, f"n1: stopping {first[1]}\n")
    wait_until(lambda: len(rows(cluster)) == 1, LONG, "the first has ended")
    again = cluster.run("-c", f"stop n1 {first[1]}")
    assert again.returncode == 1
    assert f"nothing with the id {first[1]} runs or waits on n1" in again.stderr

    stopped = cluster.run("-c", f"stop * {second[1]} 0")
    assert (stopped.returncode, stopped.stdout) == (0, f"n2: stopping {second[1]}\n")
    _, errors = shell.communicate(timeout=LONG)
    assert shell.returncode == 1
    assert b"n1: cancelled" in errors and b"n2: cancelled" in errors
    assert not [line for line in processes_with(cluster.mark) if line.startswith(SLEEP)]


def test_what_waits_for_a_worker_is_queued_and_can_be_stopped(cluster):
    busy = cluster.in_background("-c", "py 1 import time; time.sleep(12345)")
    wait_until(lambda: len(rows(cluster)) == 1, LONG, "the first runs")
    waiting = cluster.in_background("-c", "py 1 6*7")
    wait_until(lambda: len(rows(cluster)) == 2, LONG, "the second waits")
    assert [row[3] for row in rows(cluster)] == ["running", "queued"]
    queued = rows(cluster)[1][1]
    assert cluster.run("-c", f"stop 1 {queued}").returncode == 0
    _, errors = waiting.communicate(timeout=LONG)
    assert b"n1: cancelled" in errors
    assert busy.poll() is None


def test_what_was_told_to_end_is_stopping(cluster):
    stubborn = "trap '' INT TERM; while :; do sleep 0.1; done"
    cluster.in_background("-c", f"@1 --grace 1h {stubborn}")
    wait_until(lambda: len(rows(cluster)) == 1, LONG, "it runs")
    identity = rows(cluster)[0][1]
    assert cluster.run("-c", f"stop 1 {identity}").returncode == 0
    assert rows(cluster)[0][3] == "stopping"
    assert cluster.run("-c", f"stop 1 {identity} 0").returncode == 0
    wait_until(lambda: not rows(cluster), LONG, "it has ended")


def test_an_id_that_means_several_stops_nothing(cluster):
    shells = [cluster.in_background("-c", f"@1 {SLEEP}") for _ in range(17)]
    wait_until(lambda: len(rows(cluster)) == 17, LONG, "all run")
    # Of 17 hex digits two are equal.
    digits = [row[1][0] for row in rows(cluster)]
    double = next(digit for digit in digits if digits.count(digit) > 1)
    result = cluster.run("-c", f"stop 1 {double}-1")
    assert result.returncode == 2
    assert f"'{double}-1' may be each of " in result.stderr
    assert len(rows(cluster)) == 17
    for shell in shells:
        shell.terminate()


def test_wrong_words_are_told(cluster):
    for line, code, words in [
            ("ps n9", 3, "valid here"), ("stop n9 a-1", 3, "valid here"),
            ("stop 1 mine", 2, "'mine' is no id, as `ps` lists them"),
            ("stop 1 a-1 soon", 2, '"soon" is no duration'),
            ("stop 1 a-1", 1, "nothing with the id a-1 runs or waits on n1")]:
        result = cluster.run("-c", line)
        assert (result.returncode, result.stdout) == (code, ""), line
        assert words in result.stderr


def test_a_node_that_does_not_answer_is_named(cluster):
    (cluster.folder / "half.conf").write_text(
        f"[cluster half]\nnodes = n1=unix:{cluster.folder}/n1.sock, "
        f"n2=unix:{cluster.folder}/gone.sock\n")
    for line in ["ps", "stop * a-1"]:
        result = cluster.run("--config", "half.conf", "-c", line)
        assert result.returncode == 4
        assert result.stderr.startswith("n2: ")
    assert cluster.run("--config", "half.conf", "-c", "ps 1").returncode == 0


def test_in_a_terminal_a_long_command_is_cut(cluster):
    cluster.in_background("-c", f"@1 {SLEEP} # {'x' * 200}")
    wait_until(lambda: len(rows(cluster)) == 1, LONG, "it runs")
    child = cluster.terminal("-c", "ps")
    line = child.read().splitlines()[1]
    assert len(line) == 100 and line.endswith("x…")
