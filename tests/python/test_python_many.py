"""Many calls of many threads, and what is left of them: 100,000 divided by MUSTER_TEST_ROUNDS (default 20)."""

import concurrent.futures
import os
import threading
import time

import pytest
from conftest import SLACK, Cluster

ROUNDS = max(1000, 100_000 // int(os.environ.get("MUSTER_TEST_ROUNDS", "20")))
THREADS = 8
AT_ONCE = 100  # of each thread


@pytest.fixture
def one(api):
    """One node of this test's own, with its daemon's pid."""
    made = Cluster(1)
    with api.connect(configuration=made.configuration) as cluster:
        yield cluster, made.daemons[0].pid
    made.close()


def memory(pid):
    """What it has in memory, in KiB."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def held(pid):
    """(descriptors, threads) of a process."""
    return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))


def submit_all(cluster, rounds):
    """Has every thread submit its share and look at what came; the numbers that did not come right."""
    wrong = []

    def work(first):
        numbers = range(first, rounds, THREADS)
        for begin in range(0, len(numbers), AT_ONCE):
            futures = [(number, cluster.submit(abs, -number)) for number in numbers[begin:begin + AT_ONCE]]
            wrong.extend(number for number, future in futures if future.result(timeout=600) != number)

    threads = [threading.Thread(target=work, args=(first,)) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_none_of_many_calls_is_lost_and_nothing_is_left_of_them(one):
    cluster, daemon = one
    pids = {"client": os.getpid(), "daemon": daemon}
    assert submit_all(cluster, 10_000) == []  # memory that was used once stays with the process
    before = {name: (memory(pid), *held(pid)) for name, pid in pids.items()}
    begin = time.monotonic()
    assert submit_all(cluster, ROUNDS) == []
    print(f"\n{ROUNDS / (time.monotonic() - begin):.0f} calls a second")
    assert cluster._scheduler._futures == set()
    for name, pid in pids.items():
        size, descriptors, threads = before[name]
        print(f"{name}: {size} KiB {memory(pid) - size:+}; {descriptors} descriptors, {threads} threads, then {held(pid)}")
        # When the rounds are many, 60 bytes for each are more than that.
        assert memory(pid) - size < 4096 + ROUNDS * 60 / 1024
        assert held(pid)[0] <= descriptors + 4 and held(pid)[1] <= threads + 4


def test_none_of_many_items_is_lost_and_a_map_takes_few_at_a_time(one):
    cluster, _ = one
    taken = 0

    def numbers():
        nonlocal taken
        for taken in range(ROUNDS):
            yield taken

    for place, result in enumerate(cluster.map(str, numbers())):
        assert result == str(place)
        assert taken - place <= cluster._scheduler.window
    assert place == ROUNDS - 1


def test_many_calls_that_are_cancelled_leave_the_node_usable(one):
    cluster, daemon = one
    begin = time.monotonic()
    futures = [cluster.submit(time.sleep, 999) for _ in range(2000)]
    assert all(future.cancel(grace=0) for future in futures)
    assert cluster.submit(abs, -1).result(timeout=30 * SLACK) == 1
    assert time.monotonic() - begin < 30 * SLACK
    deadline = time.monotonic() + 10 * SLACK
    while cluster.check()[0]["running"] > 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert cluster.check()[0]["running"] == 0


def test_many_that_are_cancelled_end_each_and_harm_nobody(one):
    """Most in the very moment in which the one before them ends; the daemon is asked meanwhile what runs there."""
    cluster, _ = one
    for _ in range(ROUNDS // 50):
        futures = [cluster.submit(abs, -number) for number in range(100)]
        futures[0].result(timeout=20 * SLACK)
        for future in futures:
            future.cancel()
        assert not concurrent.futures.wait(futures, timeout=20 * SLACK).not_done
        node, = cluster.check()
        assert node["functional"], node
    end = time.monotonic() + 20 * SLACK
    while cluster.check()[0]["running"] and time.monotonic() < end:
        time.sleep(0.05)
    assert cluster.check()[0]["running"] == 0
    assert cluster.submit(abs, -1).result(timeout=20 * SLACK) == 1
