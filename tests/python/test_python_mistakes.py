"""Mistakes of a first day, each of which is told, and none of which hangs."""

import concurrent.futures
import errno
import os
import sys

import pytest
from conftest import SLACK

LONG = 20 * SLACK


def test_sys_exit_in_a_function_is_a_failure(nodes):
    for code in ((), (0,), (3,), ("why",)):
        with pytest.raises(RuntimeError, match="the function called sys.exit"):
            nodes.submit(sys.exit, *code).result(LONG)


def test_a_callback_that_waits_is_told_and_others_go_on(nodes):
    told = concurrent.futures.Future()

    def on_end(_):
        try:
            told.set_result(nodes.submit(abs, -2).result())
        except RuntimeError as error:
            told.set_exception(error)

    nodes.submit(abs, -1).add_done_callback(on_end)
    with pytest.raises(RuntimeError, match="a callback of a future cannot wait"):
        told.result(LONG)
    assert nodes.submit(abs, -3).result(LONG) == 3


def test_what_a_fork_waits_for_never_comes_and_it_is_told(cluster):
    result = cluster.run("import ClusterAPI, os, time\n"
                         "with ClusterAPI.connect() as cluster:\n"
                         "    future = cluster.submit(time.sleep, 1)\n"
                         "    if os.fork() == 0:\n"
                         "        try:\n"
                         "            future.result()\n"
                         "        except ClusterAPI.Refused as error:\n"
                         "            print('fork' in str(error), flush=True)\n"
                         "        os._exit(0)\n"
                         "    os.wait()\n"
                         "    print(future.result())\n")
    assert (result.stdout, result.stderr) == (b"True\nNone\n", b"")


@pytest.mark.parametrize("grace", ["x", -1, float("nan"), True, [1]])
def test_a_grace_that_is_none_cancels_nothing(nodes, grace):
    future = nodes.submit(abs, -1)
    with pytest.raises(ValueError, match="grace has to be"):
        future.cancel(grace)
    assert future.result(LONG) == 1


def test_builtin_exceptions_keep_what_they_were_made_with(nodes):
    with pytest.raises(KeyError) as caught:
        nodes.submit({}.__getitem__, "seven").result(LONG)
    assert caught.value.args == ("seven",)
    with pytest.raises(FileNotFoundError) as caught:
        nodes.submit(os.stat, "/nowhere/it's").result(LONG)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOENT, "/nowhere/it's")
    with pytest.raises(OSError, match="no number") as caught:
        nodes.submit(raising(OSError("no number"))).result(LONG)
    assert caught.value.errno is None


def raising(error):
    def function():
        raise error
    return function


def test_a_nodes_exception_does_not_act_on_a_terminal(nodes):
    with pytest.raises(ValueError) as caught:
        nodes.submit(raising(ValueError("a\x1b[2J\nb\x07"))).result(LONG)
    assert str(caught.value) == "a\\x1b[2J\nb\\x07"


def test_results_that_do_not_cross_say_what_is_wrong(nodes):
    numpy = pytest.importorskip("numpy")
    for function, why in [(lambda: {(1, 2): 3}, "with a builtins.tuple among the keys of it"),
                          (lambda: [{"a": {(1,): 2}}], r"among the keys of \[0\]\['a'\]"),
                          (lambda: numpy.array(["a"]), "a numpy.ndarray of <U1")]:
        with pytest.raises(TypeError, match=why):
            nodes.submit(function).result(LONG)


def test_what_cannot_be_sent_is_named(nodes):
    with pytest.raises(TypeError, match="send its result"):
        nodes.submit(abs, nodes.submit(abs, -1))
    with pytest.raises(TypeError, match="a cluster cannot be sent"):
        nodes.submit(lambda: nodes)


def test_a_closed_session_runs_nothing(nodes):
    session = nodes.session(target="n1")
    session.close()
    with pytest.raises(RuntimeError, match="was closed"):
        session.run("1")


def test_targets_may_be_nodes_and_are_no_bools(nodes):
    second = nodes.nodes()[1]
    assert nodes.on(second).run(abs, -1) == nodes.on([second]).run(abs, -1) == {"n2": 1}
    with pytest.raises(TypeError, match="not True"):
        nodes.on(True).run(abs, -1)
