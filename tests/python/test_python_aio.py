"""Clusters for asyncio."""

import asyncio
import contextlib
import io
import os
import sys
import threading
import time

import pytest
from conftest import SLACK, ends


async def appears(path):
    """The number that a file holds, once it is there whole."""
    deadline = time.monotonic() + 20 * SLACK
    while time.monotonic() < deadline:
        if path.exists() and path.read_text().endswith("\n"):
            return int(path.read_text())
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} did not appear")


def sleep_long(path):
    with open(path, "w") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(999)


@pytest.fixture(autouse=True, scope="module")
def by_value():
    """The nodes have no module of this name."""
    cloudpickle = pytest.importorskip("cloudpickle")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


async def cancels(task, path):
    """Cancels the task when its process is there: that one ends."""
    pid = await appears(path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ends, pid)


def test_results_are_awaited_and_iterated(nodes):
    async def main():
        cluster = nodes.aio
        assert await cluster.submit(pow, 2, 9) == 512
        assert await asyncio.gather(*(cluster.submit(abs, -n) for n in range(50))) == list(range(50))
        assert await cluster.run(os.getenv, "MUSTER_NODE") == {"n1": "n1", "n2": "n2", "n3": "n3"}
        assert await cluster.on("n2").run(os.getenv, "MUSTER_NODE") == {"n2": "n2"}
        assert [it async for it in cluster.map(pow, range(1000), [2] * 1000)] == [n * n for n in range(1000)]
        assert await cluster.python("1 + 1", targets="n[1-2]") == [2, 2]
        assert [outcome.exit_code for outcome in await cluster.shell("exit 3")] == [3] * 3
        assert [outcome.ok for outcome in await cluster.argv(["true"])] == [True] * 3
        assert all(await cluster.check())
        assert [node.name for node in await cluster.nodes()] == ["n1", "n2", "n3"]

    asyncio.run(main())


def test_futures_come_as_they_end(nodes):
    async def main():
        slow = nodes.on("n1").submit(time.sleep, 1)
        quick = [nodes.on("n2").submit(abs, -n) for n in range(5)]
        ended = [future async for future in nodes.aio.as_completed([slow, *quick])]
        assert ended[-1] is slow and set(ended[:-1]) == set(quick)

    asyncio.run(main())


def test_failures_are_raised_where_they_are_awaited(api, nodes):
    async def main():
        with pytest.raises(ZeroDivisionError):
            await nodes.aio.submit(lambda: 1 / 0)
        with pytest.raises(KeyError):
            await nodes.aio.run(lambda: {}[1])
        with pytest.raises(ZeroDivisionError):
            [it async for it in nodes.aio.map(lambda x: 1 / x, [1, 0])]
        with pytest.raises(api.RemoteError, match="failed"):
            [it async for it in nodes.aio.stream("exit 1")]

    asyncio.run(main())


@pytest.mark.parametrize("begin", [
    lambda aio, path: aio.submit(sleep_long, path),
    lambda aio, path: aio.run(sleep_long, path),
    lambda aio, path: all_of(aio.map(sleep_long, [path])),
    lambda aio, path: aio.shell(f"echo $$ > {path}; exec sleep 999"),
    lambda aio, path: all_of(aio.stream(f"echo $$ > {path}; exec sleep 999")),
], ids=["submit", "run", "map", "shell", "stream"])
def test_a_cancelled_task_stops_what_runs(nodes, tmp_path, begin):
    async def main():
        async def work():
            return await begin(nodes.on("n1", grace=1).aio, str(tmp_path / "pid"))

        await cancels(asyncio.create_task(work()), tmp_path / "pid")

    asyncio.run(main())


async def all_of(iterator):
    return [it async for it in iterator]


def test_a_loop_that_is_left_stops_what_runs(nodes, tmp_path):
    async def main():
        async with contextlib.aclosing(nodes.aio.stream(f"echo $$ > {tmp_path}/pid; yes", targets=1)) as events:
            async for event in events:
                assert event.node == "n1" and event.data.startswith(b"y\n")
                break
        assert await asyncio.to_thread(ends, await appears(tmp_path / "pid"))

    asyncio.run(main())


def test_a_stream_comes_as_it_is_printed_and_the_loop_goes_on(nodes):
    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        begin = time.monotonic()
        seen = []
        async for event in nodes.aio.stream("echo a; sleep 1; echo b >&2", targets=1):
            seen.append((event.stream, event.data, time.monotonic() - begin))
        ticking.cancel()
        assert [it[:2] for it in seen] == [("stdout", b"a\n"), ("stderr", b"b\n")]
        assert seen[1][2] - seen[0][2] > 0.5
        assert ticks > 10

    asyncio.run(main())


def test_many_streams_need_no_thread_each(nodes):
    async def main():
        before = threading.active_count()

        async def follow(number):
            data = [event.data async for event in nodes.aio.stream(f"sleep 0.5; echo {number}", targets=number % 3 + 1)]
            return b"".join(data)

        tasks = [asyncio.create_task(follow(number)) for number in range(40)]
        await asyncio.sleep(0.2)
        assert threading.active_count() <= before + 1
        assert await asyncio.gather(*tasks) == [b"%d\n" % number for number in range(40)]

    asyncio.run(main())


def test_a_session_stays_between_cells_and_a_cancelled_cell_is_interrupted(api, nodes, tmp_path):
    async def main():
        text = io.StringIO()
        async with nodes.aio.session(target="n2") as session:
            with contextlib.redirect_stdout(text):
                assert await session.run("x = 5; print('said')") is None
            assert text.getvalue() == "said\n"
            cell = asyncio.create_task(session.run(
                f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(f'{{os.getpid()}}\\n')\ntime.sleep(999)"))
            await appears(tmp_path / "pid")
            cell.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cell
            assert await session.run("x") == 5
            with pytest.raises(api.RemoteError, match="ZeroDivisionError"):
                await session.run("1 / 0")
            name = session.name
        with pytest.raises(RuntimeError):
            await session.close()
        session = await nodes.aio.session(name, target="n2")
        with pytest.raises(api.RemoteError, match="NameError"):
            await session.run("x")
        await session.close()

    asyncio.run(main())


def test_files_are_copied_while_the_loop_goes_on(api, nodes, tmp_path):
    async def main():
        (tmp_path / "data").write_bytes(bytes(3_000_000))
        told = []
        await nodes.aio.put(tmp_path / "data", tmp_path / "copy", targets="n1", progress=told.append)
        assert (tmp_path / "copy").stat().st_size == 3_000_000 and told[-1].bytes == 3_000_000
        await nodes.aio.get(tmp_path / "copy", tmp_path / "back", targets="n1")
        assert (tmp_path / "back").stat().st_size == 3_000_000
        with pytest.raises(api.RemoteError):
            await nodes.aio.put(tmp_path / "missing", tmp_path / "copy", targets="n1")

    asyncio.run(main())


def test_async_with_closes_the_cluster_and_stops_what_runs(api, tmp_path):
    async def main():
        async with api.local(1, workers=1).aio as cluster:
            future = cluster.submit(sleep_long, str(tmp_path / "pid"))
            pid = await appears(tmp_path / "pid")
        assert future.cancelled()
        assert await asyncio.to_thread(ends, pid)
        with pytest.raises(RuntimeError, match="the cluster was closed"):
            cluster.submit(abs, 1)

    asyncio.run(main())


def test_the_names_of_the_standard_library_are_there(api, nodes):
    futures = [nodes.submit(abs, -n) for n in range(5)]
    assert {future.result() for future in api.as_completed(futures)} == set(range(5))
    assert api.wait(futures, return_when=api.ALL_COMPLETED).not_done == set()
    assert api.gather(futures) == list(range(5))


def test_every_method_has_its_documentation(nodes):
    from ClusterAPI import _aio
    for kind in (_aio.AsyncView, _aio.AsyncCluster, _aio.AsyncSession):
        for name in dir(kind):
            assert name.startswith("_") or getattr(kind, name).__doc__, f"{kind.__name__}.{name}"
