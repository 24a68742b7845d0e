"""Functions that ask for resources: which node gets them, and what they hold there."""

import concurrent.futures
import contextlib
import os
import sys
import time

import pytest
from conftest import SLACK, Cluster

import ClusterAPI


@pytest.fixture(scope="module")
def daemons():
    made = Cluster(3, ["gpu=1,license=7", "gpu=3"])
    yield made
    made.close()


@pytest.fixture
def nodes(daemons):
    with ClusterAPI.connect(configuration=daemons.configuration) as made:
        yield made


def _made_here():
    def mine(seconds=0):
        time.sleep(seconds)
        return os.environ["MUSTER_NODE"], os.environ["CUDA_VISIBLE_DEVICES"], os.environ["MUSTER_SLOT_GPU"]

    return mine


mine = _made_here()  # the nodes have no module of this name


def eventually(condition):
    end = time.monotonic() + 5 * SLACK
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_a_check_tells_what_nodes_have(nodes):
    first, second, third = nodes.check()
    assert first["slots"]["gpu"] == {"total": 1, "free": 1, "waiting": 0}
    assert second["slots"]["gpu"]["total"] == 3
    assert set(third["slots"]) == {"cores", "memory"}
    assert third["slots"]["cores"]["total"] == third["cores"]
    assert third["slots"]["memory"]["total"] == third["memory"]


def test_the_node_with_most_free_gets_it_and_nobody_gets_what_another_holds(nodes):
    gpus = nodes.on(resources={"gpu": 1})
    assert gpus.submit(mine).result()[0] == "n2"
    held = [future.result() for future in [gpus.submit(mine, 0.3) for _ in range(4)]]
    assert sorted(node for node, _, _ in held) == ["n1", "n2", "n2", "n2"]

    def when():
        begin = time.monotonic()
        time.sleep(0.02)
        return os.environ["MUSTER_NODE"] + os.environ["MUSTER_SLOT_GPU"], begin, time.monotonic()

    times = sorted(future.result() for future in [gpus.submit(when) for _ in range(20)])
    assert {name for name, _, _ in times} <= {"n10", "n20", "n21", "n22"}
    assert all(one[0] != other[0] or one[2] <= other[1] for one, other in zip(times, times[1:]))
    assert eventually(lambda: all(facts["free"] == facts["total"] and facts["waiting"] == 0
                                  for node in nodes.check() for facts in node["slots"].values()))


def test_only_nodes_that_have_enough_are_asked(nodes):
    assert nodes.on(resources={"gpu": 3}).submit(mine).result() == ("n2", "0,1,2", "0,1,2")
    assert nodes.on(resources={"gpu": 1, "license": 7, "memory": 1 << 20}).submit(mine).result() == ("n1", "0", "0")


def test_when_no_node_has_it_one_refusal_says_what_each_has(nodes):
    for resources, asked in [({"gpu": 4}, "gpu=4"), ({"gpu": 2, "license": 1}, "gpu=2, license=1"),
                             ({"tpu": 1}, "tpu=1"), ({"gpu": 2 ** 63}, f"gpu={2 ** 63}")]:
        with pytest.raises(ClusterAPI.Refused) as raised:
            nodes.on(resources=resources).submit(mine).result(timeout=10 * SLACK)
        assert str(raised.value).startswith(f"no node has {asked}: n1 has cores=")
        assert "gpu=1, license=7" in str(raised.value) and "n2 has cores=" in str(raised.value)
        assert raised.value.kind == "refused"
    with pytest.raises(ClusterAPI.Refused, match="this node has 3 gpu, 4 were asked"):
        nodes.on("n2", resources={"gpu": 4}).submit(mine).result()


def test_what_is_no_dict_of_counts_is_told(nodes):
    for resources, error in [(["gpu"], TypeError), ("gpu=1", TypeError), ({"gpu": "1"}, TypeError),
                             ({"gpu": 1.5}, TypeError), ({1: 1}, TypeError), ({"gpu": -1}, ValueError),
                             ({"gpu": 2 ** 64}, ValueError), ({"gpu": 0}, ValueError),
                             ({"": 1}, ClusterAPI.Refused), ({"g\u00fc\ud800": 1}, ClusterAPI.Refused)]:
        with pytest.raises(error):
            nodes.on(resources=resources).submit(mine).result(timeout=10 * SLACK)


def test_they_come_back_when_a_function_is_cancelled(nodes):
    gpus = nodes.on(resources={"gpu": 3})
    running, waiting = gpus.submit(mine, 99), gpus.submit(mine, 99)
    assert eventually(lambda: nodes.check()[1]["slots"]["gpu"] == {"total": 3, "free": 0, "waiting": 3})
    assert waiting.cancel() and running.cancel(0)
    assert gpus.submit(mine).result(timeout=10 * SLACK)[0] == "n2"


def test_a_node_that_is_gone_is_passed_over(daemons):
    made = Cluster(3, ["gpu=2", "gpu=9"])
    try:
        made.daemons[1].kill()
        made.daemons[1].wait()
        with ClusterAPI.connect(configuration=made.configuration) as nodes:
            gpus = nodes.on(resources={"gpu": 1})
            done = concurrent.futures.wait([gpus.submit(mine) for _ in range(4)], timeout=20 * SLACK).done
            assert {future.result()[0] for future in done} == {"n1"} and len(done) == 4
            with pytest.raises(ClusterAPI.Refused, match="n1 has .*gpu=2.*reach n2.*; n3 has"):
                nodes.on(resources={"gpu": 3}).submit(mine).result(timeout=10 * SLACK)
            made.daemons[0].kill()
            made.daemons[0].wait()
            with pytest.raises((ClusterAPI.NodeUnreachable, ClusterAPI.Refused)):
                gpus.submit(mine).result(timeout=20 * SLACK)
    finally:
        made.close()


def test_who_is_cancelled_before_a_node_was_chosen_has_ended(daemons):
    with ClusterAPI.connect(configuration=daemons.configuration) as nodes:  # which nobody was asked about yet
        futures = [nodes.on(resources={"gpu": 1}).submit(mine, 99) for _ in range(5)]
        assert all(future.cancel() for future in futures)
        assert not concurrent.futures.wait(futures, timeout=10 * SLACK).not_done


def test_a_callback_that_ends_its_thread_keeps_no_other_waiting(daemons):
    with ClusterAPI.connect(configuration=daemons.configuration) as nodes:
        futures = [nodes.on(resources={"gpu": 99}).submit(mine) for _ in range(5)]
        for future in futures:
            with contextlib.suppress(SystemExit):  # of one that has ended already, it is called here
                future.add_done_callback(lambda _: sys.exit(3))
        assert not concurrent.futures.wait(futures, timeout=10 * SLACK).not_done
        assert all(isinstance(future.exception(), ClusterAPI.Refused) for future in futures)
