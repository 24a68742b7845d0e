"""The module's modern face: functions on nodes, futures, commands, streams."""

import asyncio
import concurrent.futures
import contextlib
import gc
import io
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import pytest
from conftest import SLACK, ends


def test_a_function_comes_back_as_what_it_returned(nodes):
    def area(width, *, height):
        return {"area": width * height, "of": (width, height)}

    assert nodes.submit(area, 3, height=4).result() == {"area": 12, "of": (3, 4)}
    assert nodes.submit(pow, 2, 200).result() == 2 ** 200
    assert nodes.submit(lambda *words: list(words), None, True, -0.5, "\u00fc\0\ud800", b"\xff").result() == \
        [None, True, -0.5, "\u00fc\0\ud800", b"\xff"]


def test_what_a_closure_and_main_hold_travels_along(cluster):
    result = cluster.run("import ClusterAPI\n"
                         "FACTOR = 7\n"
                         "class Point:\n"
                         "    def __init__(self, x):\n"
                         "        self.x = x\n"
                         "def times(point):\n"
                         "    return point.x * FACTOR\n"
                         "with ClusterAPI.connect() as cluster:\n"
                         "    print(cluster.submit(times, Point(6)).result())\n")
    assert (result.stdout, result.stderr) == (b"42\n", b"")


def test_map_gives_results_in_order_and_takes_items_as_there_is_room(api, nodes):
    assert list(nodes.map(lambda x, y: x * y, range(100), range(100, 200))) == \
        [x * y for x, y in zip(range(100), range(100, 200))]
    assert list(nodes.map(abs, [])) == []
    taken = []

    def endless():
        for number in range(10 ** 9):
            taken.append(number)
            yield number

    results = nodes.map(abs, endless())
    assert [next(results) for _ in range(10)] == list(range(10))
    results.close()
    assert len(taken) <= 3 * 256 + 10
    with pytest.raises(ZeroDivisionError):
        list(nodes.map(lambda x: 1 / (x - 5), range(10)))


def test_run_calls_on_every_node(nodes):
    assert nodes.run(os.getenv, "MUSTER_NODE") == {"n1": "n1", "n2": "n2", "n3": "n3"}
    assert nodes.on("n2").run(os.getenv, "MUSTER_NODE") == {"n2": "n2"}
    assert [node.name for node in nodes.on(["n3", 1]).nodes()] == ["n3", "n1"]
    assert len(nodes) == 3 and len(nodes.on("n[1-2]")) == 2
    with pytest.raises(RuntimeError, match=r"'n7' names no node; valid here: 1-3, n\[1-3\]"):
        nodes.on("n7").run(os.getpid)


def test_arrays_travel_both_ways(nodes):
    numpy = pytest.importorskip("numpy")
    big = numpy.random.default_rng(1).random(400_000)  # 3.2 MB: not in the source any longer
    doubled = nodes.submit(lambda array: array * 2, big).result()
    assert doubled.dtype == big.dtype and (doubled == big * 2).all()
    for array in (numpy.zeros((2, 0)), numpy.array(5, dtype="int8"), numpy.eye(3, dtype="complex128")):
        back = nodes.submit(lambda it: it, array).result()
        assert back.shape == array.shape and back.dtype == array.dtype and (back == array).all()


def test_an_exception_is_raised_as_its_own_type_with_the_remote_one_as_its_cause(api, nodes):
    def fail():
        return {}["missing"]

    with pytest.raises(KeyError) as caught:
        nodes.on("n2").submit(fail).result()
    error = caught.value
    assert error.node == "n2"
    assert isinstance(error.__cause__, api.RemoteError)
    assert error.__cause__.kind == "failed"
    assert "in fail" in error.traceback and "muster_task" not in error.traceback


def test_nothing_is_imported_because_a_node_named_it(api, nodes):
    def fail():
        import decimal  # noqa: F401
        import xml.parsers.expat
        raise xml.parsers.expat.ExpatError("no xml")

    assert "xml.parsers.expat" not in sys.modules
    with pytest.raises(api.RemoteError, match="no xml"):
        nodes.submit(fail).result()
    assert "xml.parsers.expat" not in sys.modules


def test_a_result_that_only_pickle_carries_is_not_taken_from_who_is_not_trusted(api, nodes):
    with pytest.raises(TypeError, match=r"the result is a builtins.set.*trust_results=True"):
        nodes.submit(lambda: {1, 2}).result()
    assert nodes.on(trust_results=True).submit(lambda: {1, 2}).result() == {1, 2}
    assert nodes.on(trust_results=True).submit(lambda: 5).result() == 5


def test_what_cannot_be_sent_is_told_before_anything_is(nodes):
    with pytest.raises(TypeError, match="cannot be sent"):
        nodes.submit(lambda lock: None, threading.Lock())
    with pytest.raises(TypeError, match="a function has to be submitted, and not a str"):
        nodes.submit("1+1")
    with pytest.raises(TypeError, match="there is no option deadlines; the options are cpu, deadline"):
        nodes.on(deadlines=5).submit(abs, 1)
    with pytest.raises(TypeError, match=r"the option deadline is '5' \(str\); it has to be a number of seconds above 0"):
        nodes.on(deadline="5").submit(abs, 1)
    with pytest.raises(TypeError, match="trust_results has to be True or False, and not 'no'"):
        nodes.on(trust_results="no")
    with pytest.raises(ValueError, match="the list of targets is empty"):
        nodes.on([]).run(abs, 1)


def test_a_function_of_a_module_that_the_node_lacks_says_so(cluster):
    cluster.write("helpers.py", "def double(x):\n    return 2 * x\n")
    result = cluster.run("import ClusterAPI, cloudpickle, helpers\n"
                         "with ClusterAPI.connect() as cluster:\n"
                         "    try:\n"
                         "        cluster.submit(helpers.double, 2).result()\n"
                         "    except ModuleNotFoundError as error:\n"
                         "        print(error)\n"
                         "    cloudpickle.register_pickle_by_value(helpers)\n"
                         "    print(cluster.submit(helpers.double, 2).result())\n")
    assert result.stderr == b""
    first, second = result.stdout.decode().splitlines()
    assert "this node has no module helpers" in first and "register_pickle_by_value(helpers)" in first
    assert second == "4"


def test_print_appears_here_while_it_runs(nodes):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        future = nodes.submit(lambda: (print("h\u00e9", flush=True), time.sleep(1234)))
        deadline = time.monotonic() + 5 * SLACK
        while text.getvalue() != "h\u00e9\n" and time.monotonic() < deadline:
            time.sleep(0.02)
        assert text.getvalue() == "h\u00e9\n"
        assert not future.done()
        future.cancel(grace=0)


def test_cancel_stops_the_process_and_the_place_is_free(api):
    with api.local(1, workers=1) as cluster:
        pid = cluster.submit(os.getpid).result()
        future = cluster.submit(time.sleep, 999)
        time.sleep(0.2)
        assert future.cancel() and future.cancelled() and future.done()
        with pytest.raises(concurrent.futures.CancelledError):
            future.result()
        assert cluster.submit(abs, -1).result(timeout=10 * SLACK) == 1
        assert ends(pid) or cluster.submit(os.getpid).result() != pid


def test_deadline_limits_and_lost_are_exceptions_of_their_own(api, cluster):
    with api.connect(configuration=cluster.configuration) as three:
        with pytest.raises(api.DeadlineExceeded) as caught:
            three.on(deadline=0.3, grace=0).submit(time.sleep, 99).result()
        assert isinstance(caught.value, TimeoutError) and caught.value.kind == "timed_out"
        with pytest.raises(api.RemoteError) as caught:
            three.on("n1", cpu=1).submit(lambda: sum(iter(int, 1))).result()
        assert caught.value.kind == "limit"
        future = three.on("n2").submit(time.sleep, 99)
        time.sleep(0.3)
        cluster.daemons[1].kill()
        with pytest.raises(api.NodeLost) as caught:
            future.result()
        assert caught.value.node == "n2"
        cluster.daemons[1].wait()
        with pytest.raises(api.NodeUnreachable):
            three.on("n2").submit(abs, 1).result()
        # The others have it now.
        assert list(three.map(abs, range(-50, 0))) == list(range(50, 0, -1))


def test_idempotent_work_of_a_lost_node_goes_to_another(api, cluster):
    with api.connect(configuration=cluster.configuration) as three:
        started = cluster.folder / "started"

        def work(number, path=str(started)):
            with open(path, "a") as file:
                file.write(".")
            time.sleep(0.02)
            return number

        results = three.on(idempotent=True).map(work, range(300))
        first = next(results)
        cluster.daemons[0].kill()
        assert [first, *results] == list(range(300))
        assert started.stat().st_size >= 300


def test_futures_are_those_of_the_standard_library(api, nodes):
    futures = [nodes.submit(abs, -n) for n in range(20)]
    assert {future.result() for future in api.as_completed(futures)} == set(range(20))
    done, pending = concurrent.futures.wait(futures)
    assert len(done) == 20 and not pending
    assert api.gather(futures) == list(range(20))

    async def both():
        return await asyncio.gather(nodes.submit(abs, -1), nodes.submit(abs, -2))

    assert asyncio.run(both()) == [1, 2]


def test_an_executor_is_one_of_the_standard_library(api, nodes):
    with api.Executor(nodes) as executor:
        assert isinstance(executor, concurrent.futures.Executor)
        assert list(executor.map(pow, [2, 3], [5, 2])) == [32, 9]
        slow = executor.submit(time.sleep, 0.3)
    assert slow.done()
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(abs, 1)
    executor = api.Executor(nodes)
    future = executor.submit(time.sleep, 999)
    executor.shutdown(cancel_futures=True)
    assert future.cancelled()


def test_nothing_of_the_programs_own_stops_what_completes_futures(nodes, capsys):
    class Broken:
        def write(self, text):
            raise ZeroDivisionError

        def flush(self):
            raise ZeroDivisionError

    def leave(future):
        raise SystemExit(3)

    with contextlib.redirect_stdout(Broken()):
        future = nodes.submit(print, "lost")
        future.add_done_callback(leave)
        assert future.result() is None
    assert nodes.submit(abs, -1).result(timeout=20 * SLACK) == 1
    with pytest.raises(concurrent.futures.TimeoutError):
        list(nodes.map(time.sleep, [0.4] * 20, timeout=0.6))


def test_many_threads_submit_and_none_is_lost(nodes):
    wrong = []

    def work(number):
        futures = [nodes.submit(pow, number, k) for k in range(100)]
        wrong.extend(k for k, future in enumerate(futures) if future.result() != number ** k)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_end_of_the_block_stops_what_runs(api, cluster):
    with api.connect(configuration=cluster.configuration) as three:
        pids = three.run(os.getppid)
        futures = [three.on(name).submit(time.sleep, 999) for name in pids]
        time.sleep(0.2)
    assert all(future.cancelled() for future in futures)
    view = three.on("n1")
    for closed in (three, view):
        with pytest.raises(RuntimeError, match="the cluster was closed"):
            closed.submit(abs, 1)
        with pytest.raises(RuntimeError, match="the cluster was closed"):
            closed.run(abs, 1)


def test_ctrl_c_in_a_block_stops_what_runs_and_says_so(cluster):
    process = cluster.start("import ClusterAPI, time\n"
                            "with ClusterAPI.connect() as cluster:\n"
                            "    futures = [cluster.submit(time.sleep, 1234) for _ in range(3)]\n"
                            "    print('begun', flush=True)\n"
                            "    futures[0].result()\n")
    assert process.stdout.readline() == b"begun\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert b"ClusterAPI: stopped 3 calls, on n1, n2, n3\n" in err
    assert b"KeyboardInterrupt" in err


def test_a_program_may_end_at_any_moment(cluster):
    result = cluster.run("import ClusterAPI, time\n"
                         "cluster = ClusterAPI.connect()\n"
                         "for _ in range(30):\n"
                         "    cluster.submit(time.sleep, 1234)\n"
                         "    cluster.shell('yes', targets=1)\n")
    assert result.returncode == 0
    assert b"Traceback" not in result.stderr and b"Fatal" not in result.stderr


@pytest.mark.skipif(os.environ.get("MUSTER_TEST_SANITIZER") == "thread",
                    reason="the thread sanitizer's runtime does not survive a fork beside threads")
def test_a_fork_is_told_that_it_cannot_use_the_library(cluster):
    result = cluster.run("import ClusterAPI, os\n"
                         "cluster = ClusterAPI.connect()\n"
                         "print(cluster.submit(abs, -1).result(), flush=True)\n"
                         "if os.fork() == 0:\n"
                         "    try:\n"
                         "        cluster.submit(abs, -2).result()\n"
                         "    except ClusterAPI.Refused as error:\n"
                         "        print('fork' in error.reason, flush=True)\n"
                         "    try:\n"
                         "        ClusterAPI.connect()\n"
                         "    except RuntimeError as error:\n"
                         "        print('fork' in str(error), flush=True)\n"
                         "    os._exit(0)\n"
                         "os.wait()\n"
                         "print(cluster.submit(abs, -4).result())\n")
    assert (result.stdout, result.stderr) == (b"1\nTrue\nTrue\n4\n", b"")


def test_everything_public_has_its_documentation(api):
    for name in api.__all__:
        thing = getattr(api, name)
        assert isinstance(thing, str) or thing.__doc__, name
    for kind in (api.Cluster, api.View, api.Future, api.Executor):
        for name in dir(kind):
            if not name.startswith("_"):
                assert getattr(kind, name).__doc__, f"{kind.__name__}.{name}"


def test_an_exception_that_generators_take_for_their_end_is_a_remote_error(api, nodes):
    with pytest.raises(api.RemoteError, match="StopIteration"):
        nodes.submit(next, iter(())).result()
    with pytest.raises(api.RemoteError, match="StopIteration"):
        list(nodes.map(next, [iter(())]))

    async def main():
        await asyncio.wait_for(nodes.aio.submit(next, iter(())), 20 * SLACK)

    with pytest.raises(api.RemoteError, match="StopIteration"):
        asyncio.run(main())


def test_events_are_of_the_public_class(api, nodes):
    events = list(nodes.stream("echo a", targets=1))
    assert events and all(isinstance(event, api.Event) for event in events)


def test_a_cluster_that_nobody_has_any_more_is_gone_at_once(api):
    gc.disable()
    try:
        cluster = api.local(1)
        assert cluster.submit(abs, -1).result() == 1
        native = weakref.ref(cluster._scheduler)
        del cluster
        assert native() is None
    finally:
        gc.enable()
