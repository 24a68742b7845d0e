"""What becomes of functions when nodes die, and when they are cancelled."""

import asyncio
import itertools
import os
import signal
import time

import pytest
from conftest import SLACK, ends

ITEMS = 10_000


@pytest.fixture
def three(api, cluster):
    """Three nodes of this test's own."""
    with api.connect(configuration=cluster.configuration) as made:
        yield made


def started(folder):
    """How often each item was started, as work() wrote it down."""
    counts = [0] * ITEMS
    for path in folder.glob("started-*"):
        for line in path.read_text().split():
            counts[int(line)] += 1
    return counts


def make_work(folder):
    def work(number, folder=str(folder)):
        # One file for each node, one write for each item: none is lost with the process.
        path = f"{folder}/started-{os.environ['MUSTER_NODE']}"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, b"%d\n" % number)
        os.close(file)
        return number * 3

    return work


def results_with_a_death(cluster, results):
    """All results; after the first thousand the second daemon dies."""
    taken = list(itertools.islice(results, 1000))
    cluster.daemons[1].kill()
    return taken + list(results)


def test_an_idempotent_map_is_complete_though_a_node_dies(three, cluster, tmp_path):
    results = three.on(idempotent=True).map(make_work(tmp_path), range(ITEMS))
    assert results_with_a_death(cluster, results) == [number * 3 for number in range(ITEMS)]
    assert min(started(tmp_path)) >= 1


def test_of_another_map_exactly_what_the_dead_node_had_is_lost(api, three, cluster, tmp_path):
    results = results_with_a_death(cluster, three.map(make_work(tmp_path), range(ITEMS), return_exceptions=True))
    assert len(results) == ITEMS
    counts = started(tmp_path)
    lost = []
    for number, (result, count) in enumerate(zip(results, counts)):
        if isinstance(result, Exception):
            assert isinstance(result, api.NodeLost) and result.node == "n2" and result.index == number
            assert count <= 1
            lost.append(number)
        else:
            assert (result, count) == (number * 3, 1)
    assert 0 < len(lost) <= three._scheduler.window * 3


def test_a_map_that_raises_names_the_item(api, three, cluster, nodes):
    def work(number):
        if number == 700:
            raise LookupError("no such thing")
        return number

    results = nodes.map(work, range(1000))
    with pytest.raises(LookupError, match="no such thing") as caught:
        list(results)
    assert caught.value.index == 700
    assert "in item 700 of the map, counted from 0" in caught.value.__notes__
    returned = list(nodes.map(work, range(1000), return_exceptions=True))
    assert [error.index for error in returned if isinstance(error, Exception)] == [700]
    assert returned[:700] + returned[701:] == [*range(700), *range(701, 1000)]

    async def main():
        with pytest.raises(LookupError) as caught:
            [it async for it in nodes.aio.map(work, range(1000))]
        assert caught.value.index == 700
        return [it async for it in nodes.aio.map(work, range(1000), return_exceptions=True)]

    assert [error.index for error in asyncio.run(main()) if isinstance(error, Exception)] == [700]
    lost = three.on("n2").map(time.sleep, [0, 99, 99])
    assert next(lost) is None
    cluster.daemons[1].kill()
    with pytest.raises(api.NodeLost) as caught:
        list(lost)
    assert caught.value.index == 1


def test_the_time_of_a_map_is_no_failure_of_an_item(nodes):
    with pytest.raises(TimeoutError) as caught:
        list(nodes.map(time.sleep, [99], timeout=0.2, return_exceptions=True))
    assert not hasattr(caught.value, "index")


@pytest.mark.parametrize("ignores", [False, True])
def test_a_cancelled_function_is_gone_from_the_node_and_its_place_is_free(api, tmp_path, ignores):
    def work(folder=str(tmp_path), ignores=ignores):
        import subprocess
        if ignores:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "999"])
        with open(f"{folder}/new", "w") as file:
            file.write(f"{os.getpid()} {child.pid}")
        os.rename(f"{folder}/new", f"{folder}/pids")
        time.sleep(999)

    with api.local(1, workers=1) as cluster:
        future = cluster.submit(work)
        deadline = time.monotonic() + 10 * SLACK
        while not (tmp_path / "pids").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        worker, child = map(int, (tmp_path / "pids").read_text().split())
        assert future.cancel(grace=0.5) and future.cancelled()
        assert ends(child)
        assert not ignores or ends(worker)
        assert cluster.submit(abs, -1).result(timeout=10 * SLACK) == 1
        assert cluster.check()[0]["running"] == 0


def test_a_cancelled_sleep_gives_its_place_back(api):
    with api.local(1, workers=1) as cluster:
        for _ in range(5):
            future = cluster.submit(time.sleep, 999)
            time.sleep(0.05)
            assert future.cancel()
        begin = time.monotonic()
        assert cluster.submit(abs, -1).result(timeout=20 * SLACK) == 1
        assert time.monotonic() - begin < 6 * SLACK
        deadline = time.monotonic() + 6 * SLACK
        while cluster.check()[0]["running"] and time.monotonic() < deadline:
            time.sleep(0.05)
        assert cluster.check()[0]["running"] == 0
