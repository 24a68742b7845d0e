"""The three processes of a daemon that serves others: whichever ends, and however, nothing stays that
should not, and what can go on goes on."""

import itertools
import os
import signal
import time

import pytest

from conftest import SLACK, freeze, wait_until
from daemons import GAMES, NEWS, lives, running, serving

RULES = "[user games]\nrole = exec\n[user news]\nrole = exec\n"
# For the spawner to end what it started, and the keeper with it.
IN_TIME = 5
numbers = itertools.count(os.getpid() * 100 % 1_000_000 + 30_000_000)


class Jobs:
    """Commands of two users, in their own sessions and below Python, all with a sleep of one length."""

    def __init__(self, node):
        self.sleep = f"sleep {next(numbers)}"
        seconds = self.sleep.split()[1]
        lines = [
            f"@1 setsid {self.sleep} & setsid {self.sleep} & {self.sleep}",
            f"py 1 import subprocess, time; subprocess.Popen(['setsid', 'sleep', '{seconds}']); "
            f"subprocess.Popen(['sleep', '{seconds}'], start_new_session=True); time.sleep({seconds})",
            f"@1 --session s {self.sleep} & {self.sleep}",
            f"@1 trap '' TERM INT HUP; {self.sleep}; {self.sleep}",
        ]
        self.shells = [node.background(uid, line) for uid in [GAMES, NEWS] for line in lines]
        # 3, 2, 2 and 1 of each.
        wait_until(lambda: self.count() == 16, 20 * SLACK, "all jobs run")

    def count(self):
        return sum(1 for pid in running(self.sleep) if self.is_sleep(pid))

    def is_sleep(self, pid):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                return file.read().strip() == "sleep"
        except OSError:
            return False

    def gone(self):
        return self.count() == 0

    def close(self):
        for shell in self.shells:
            shell.kill()
            shell.wait()
        for pid in running(self.sleep):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(name="node")
def fixture_node():
    with serving(RULES) as node:
        yield node


@pytest.fixture(name="jobs")
def fixture_jobs(node):
    jobs = Jobs(node)
    yield jobs
    jobs.close()


def parts(node):
    return {"keeper": node.process.pid, "network": node.child("clusterd-network"),
            "spawner": node.child("clusterd-spawner")}


def helpers(node):
    return [*parts(node).values(), *node.children("clusterd-worker"), *node.children("supervisor")]


@pytest.mark.parametrize("word, once", [(signal.SIGTERM, True), (signal.SIGINT, False), (signal.SIGHUP, False)])
def test_a_daemon_that_is_told_to_end_takes_all_with_it(node, jobs, word, once):
    below = helpers(node)
    started = time.monotonic()
    node.process.send_signal(word)
    if not once:  # now, and not when the time of grace is over
        wait_until(lambda: node.process.send_signal(word) or node.process.poll() is not None, IN_TIME * SLACK,
                   "it ended")
    assert node.process.wait(IN_TIME * 2 * SLACK) == 0
    print(f"ended after {time.monotonic() - started:.2f} s")
    wait_until(jobs.gone, IN_TIME * SLACK, "all jobs gone")
    wait_until(lambda: not [pid for pid in below if lives(pid)], IN_TIME * SLACK, "all helpers gone")
    assert not node.socket.exists()
    assert not node.socket.with_name("n1.sock.lock").exists()
    assert node.socket.parent.is_dir()
    ended = [line["id"] for line in node.records("end")]
    assert sorted(ended) == sorted(line["id"] for line in node.records("begin"))


@pytest.mark.parametrize("whom", ["keeper", "network"])
def test_nothing_stays_when_a_part_is_killed(node, jobs, whom):
    below = helpers(node)
    started = time.monotonic()
    os.kill(parts(node)[whom], signal.SIGKILL)
    assert node.process.wait(IN_TIME * 3 * SLACK) == (-9 if whom == "keeper" else 1)
    wait_until(jobs.gone, IN_TIME * SLACK, "all jobs gone")
    wait_until(lambda: not [pid for pid in below if lives(pid)], IN_TIME * SLACK, "all helpers gone")
    print(f"all gone after {time.monotonic() - started:.2f} s")
    # What is left of the socket is no hindrance.
    node.start()
    assert node.output(GAMES, "@1 echo again") == "again\n"


def test_when_the_spawner_is_killed_the_next_command_runs(node, jobs):
    before = parts(node)
    os.kill(before["spawner"], signal.SIGKILL)
    for shell in jobs.shells:
        assert shell.wait(IN_TIME * SLACK) != 0
    wait_until(jobs.gone, IN_TIME * SLACK, "all jobs gone")
    assert node.output(GAMES, "@1 id -un", "py 1 6*7", "@1 --session s echo new") == "games\n42\nnew\n"
    assert node.output(NEWS, "@1 id -un", "py 1 6*7") == "news\n42\n"
    after = parts(node)
    assert after["spawner"] != before["spawner"]
    assert (after["keeper"], after["network"]) == (before["keeper"], before["network"])
    outcomes = {line["outcome"] for line in node.records("end")}
    assert "lost" in outcomes
    assert f"clusterd-spawner {before['spawner']} was killed by SIGKILL" in node.log()


def test_a_spawner_that_is_killed_again_and_again_comes_back(node):
    for _ in range(5):
        spawner = node.child("clusterd-spawner")
        os.kill(spawner, signal.SIGKILL)
        wait_until(lambda spawner=spawner: not lives(spawner), 5 * SLACK, "it is gone")
        assert node.output(GAMES, "@1 id -un", "py 1 1+1") == "games\n2\n"
    assert len(node.children("clusterd-spawner")) == 1


def test_a_part_that_was_stopped_is_no_way_to_stay(node, jobs):
    below = helpers(node)
    freeze(node.child("clusterd-spawner"))
    os.kill(node.process.pid, signal.SIGKILL)
    wait_until(lambda: not lives(below[1]), IN_TIME * SLACK, "the network process is gone")
    wait_until(jobs.gone, 3 * IN_TIME * SLACK, "all jobs gone")
    os.kill(below[2], signal.SIGCONT)
    wait_until(lambda: not [pid for pid in below if lives(pid)], 2 * IN_TIME * SLACK, "all helpers gone")


def test_the_network_process_has_no_way_up(node):
    with open(f"/proc/{node.child('clusterd-network')}/status", encoding="utf-8") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    assert len(set(status["Uid"].split())) == 1 and status["Uid"].split()[0] != "0"
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == int(status["CapInh"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    # Of all that it holds nothing leads to the record but for adding to it.
    folder = f"/proc/{node.child('clusterd-network')}/fd"
    for name in os.listdir(folder):
        if os.readlink(f"{folder}/{name}") == str(node.audit):
            with open(f"{folder}info/{name}", encoding="utf-8") as file:
                flags = int(file.read().split("flags:\t")[1].split()[0], 8)
            assert flags & os.O_APPEND and flags & os.O_ACCMODE == os.O_WRONLY
            break
    else:
        pytest.fail("nothing is recorded")
