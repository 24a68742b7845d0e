"""64 nodes: one frozen, one dead, one that prints 100 MB. The others are told meanwhile, and each has its outcome."""

import json
import os
import signal

import pytest

from conftest import LONG, SLACK, freeze, wait_until

NODES = 64
FROZEN, DEAD, LOUD = "n7", "n20", "n33"
LOUD_BYTES = 100_000_000
LINE = f"[ $MUSTER_NODE = {LOUD} ] && head -c {LOUD_BYTES} /dev/zero | tr '\\0' x | fold -w 99 || echo here"


@pytest.fixture(name="cluster")
def fixture_cluster(clustershell, tmp_path):
    """Daemons n1 to n64, without the dead one; the frozen one is stopped."""
    (tmp_path / "cluster.conf").write_text(
        "[cluster lab]\nnodes = " + ", ".join(f"n{i}=unix:{tmp_path}/{i}.sock" for i in range(1, NODES + 1)) + "\n")
    daemons = {f"n{i}": clustershell.start("--listen", f"unix:{tmp_path}/{i}.sock", "--name", f"n{i}", program="clusterd")
               for i in range(1, NODES + 1) if f"n{i}" != DEAD}
    try:
        for daemon in daemons.values():
            assert b"listening" in daemon.stdout.readline()
        freeze(daemons[FROZEN].pid)
        yield clustershell
    finally:
        os.kill(daemons[FROZEN].pid, signal.SIGCONT)
        for daemon in daemons.values():
            daemon.terminate()
        for daemon in daemons.values():
            daemon.communicate(timeout=LONG)


def test_each_of_64_nodes_has_its_outcome(cluster):
    result = cluster.run("-o", "json", "-a", LINE)
    outcomes, bytes_out = {}, {}
    for line in result.stdout.splitlines():
        event = json.loads(line)
        if event["type"] == "outcome":
            assert event["node"] not in outcomes
            outcomes[event["node"]], bytes_out[event["node"]] = event["status"], event["bytes_out"]
    assert len(outcomes) == NODES
    assert {node: status for node, status in outcomes.items() if status != "ok"} == {FROZEN: "unreachable", DEAD: "unreachable"}
    assert bytes_out[LOUD] > LOUD_BYTES and result.returncode == 4


def test_the_prompt_goes_on_while_one_does_not_answer(cluster):
    child = cluster.terminal()
    child.expect_exact("muster> ")
    child.sendline(f"@*,!{LOUD} [ $MUSTER_NODE = n64 ] && sleep 1; echo here")
    # The lines of the others come before anything is known of the frozen one.
    seen = set()
    while len(seen) < NODES - 3:
        assert child.expect([r"(n\d+): here", f"{FROZEN}: "]) == 0
        seen.add(child.match.group(1))
    child.expect(r"6\d of 63 nodes, 1 failed, \d s; n7 still runs")
    child.expect(f"61 ok, 2 unreachable: n\\[7,20\\], ", timeout=10 * SLACK)
    child.expect_exact("muster> ")
    # As a job the prompt does not wait for it.
    child.sendline(f"@{FROZEN},n1 --bg echo here")
    child.expect_exact("[2] runs on n[1,7]")
    child.expect_exact("muster> ")
    child.sendline("@n2 echo alive")
    child.expect_exact("n2: alive")
    child.expect_exact("muster> ")

    def ended():
        child.sendline("")
        return child.expect([r"\[2\] 1 ok, 1 unreachable: n7, ", "muster> "]) == 0
    wait_until(ended, LONG, "the job has ended")


def test_a_line_that_prints_without_end_keeps_nobody_waiting(cluster):
    shell = cluster.start("-c", f"@*,!{FROZEN},!{DEAD} [ $MUSTER_NODE = {LOUD} ] && yes || echo here")
    seen = set()
    while len(seen) < NODES - 3:
        line = shell.stdout.readline()
        if line.endswith(b": here\n"):
            seen.add(line)
    shell.send_signal(signal.SIGINT)
    shell.stdout.close()
    assert shell.wait(LONG) in (130, 141)
    shell.stderr.close()
