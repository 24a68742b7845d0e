"""Uses every public name; test_typing.py has mypy read it, strictly. Nobody runs it."""

import asyncio
import concurrent.futures
import os
from collections.abc import Mapping

import ClusterAPI
from ClusterAPI import (ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, Cancelled, Cluster, ClusterCheck,
                        DeadlineExceeded, Event, Executor, FileProgress, Future, Node, NodeCheck, NodeLost,
                        NodeUnreachable, Outcome, Progress, Refused, RemoteError, Session, ValueStream, View)


def area(width: int, *, height: int) -> int:
    return width * height


def founding() -> str:
    assert ClusterAPI.clustercheck() and ClusterAPI.getClusterLength() == ClusterAPI.getClusterLenght()
    text: str = ClusterAPI.execute(1, "1+1", 0) + ClusterAPI.execute("n2", "2+2")
    pieces: ValueStream = ClusterAPI.execute(server=1, command="range(9)", highValue=1)
    text += "".join(piece for piece in pieces)
    pieces.close()
    ClusterAPI.setCallmethod(1, "python")
    ClusterAPI.setCallmethodAll("python")
    return text + ClusterAPI.__version__


@ClusterAPI.program
def greet(cluster: Cluster, whom: str = "world") -> int:
    return len(cluster) + len(whom)


@ClusterAPI.program(name="say-hello")
def hello(cluster: Cluster) -> None:
    assert greet(cluster, "you") > 0


def functions(cluster: Cluster) -> int:
    future: Future[int] = cluster.submit(area, 3, height=4)
    number: int = future.result()
    power: Future[int] = cluster.submit(pow, 2, 10)
    done, pending = ClusterAPI.wait([future, power], return_when=FIRST_COMPLETED)
    assert {ALL_COMPLETED, FIRST_EXCEPTION} and not pending
    for ended in ClusterAPI.as_completed(done):
        number += ended.result()
    lengths: list[int] = list(cluster.map(len, ["a", "bc"], timeout=9.5, progress=True))
    pids: Mapping[str, int] = cluster.run(os.getpid)
    results: list[int] = ClusterAPI.gather([future, power], progress=lambda it: print(it.done, it.left))
    if future.cancel(grace=0.5):
        print(future.node, future)
    return number + sum(lengths) + sum(pids.values()) + sum(results)


async def awaited(cluster: Cluster) -> int:
    one, two = await asyncio.gather(cluster.submit(abs, -1), cluster.submit(area, 1, height=2))
    async with cluster.aio as face:
        there: list[Outcome] = await face.shell("true", targets=1)
        async for value in face.map(area, [1], return_exceptions=True):
            two += value
        async for event in face.on("n1").stream("true"):
            print(event.data, there[0].ok, await face.check(1.0), await face.nodes())
        async with face.session(target=1) as session:
            print(await session.run("1"), session.node, session.name)
    return two + await cluster.submit(area, 1, height=1)


def views(cluster: Cluster) -> View:
    check: ClusterCheck = cluster.check(timeout=1)
    first: NodeCheck = check[0]
    nodes: list[Node] = cluster.nodes()
    print(bool(check), first["state"], nodes[0].name, nodes[0].address, len(cluster))
    some = cluster.on(["n1", 2], deadline=5, grace=0, environment={"A": "b"}, retries=3, idempotent=True, trust_results=True,
                      resources={"cores": 1})
    return some.on("n[1-2]", isolation="fresh", leftovers="reap", memory=1 << 30, progress=False).on(cpu=1.5)


def commands(view: View) -> bytes:
    outcomes: list[Outcome] = [future.result() for future in view.shell("true", targets="n1", input=b"x")]
    outcomes += [future.result() for future in view.argv(["echo", b"a"], directory="/")]
    outcome = outcomes[0]
    print(outcome.ok, outcome.kind, outcome.node, outcome.reason, outcome.exit_code, outcome.signal, outcome.is_data,
          outcome.usage["wall"], outcome.exception, outcome.text(), outcome.value(), outcome.describe())
    print([future.result() for future in view.python("1+1", session="kept")])
    event: Event = next(view.stream("echo a", targets=1))
    return event.data + event.node.encode() + event.stream.encode()


def sessions_and_files(cluster: Cluster) -> None:
    def told(it: FileProgress) -> None:
        print(it.bytes, it.total_bytes, it.files, it.total_files, it.bytes_per_second)

    session: Session
    with cluster.session("mine", target="n1") as session:
        print(session.run("1"), session.node, session.name)
    session.close()
    cluster.put(["a", os.curdir], b"/b", targets=1, progress=told, durable=True)
    sent: list[Outcome] = cluster.get("a", "b", max_bytes=5, max_files=1)
    assert len(sent) == 3


def failures(cluster: Cluster) -> str:
    try:
        cluster.submit(area, 1, height=1).result()
    except (NodeUnreachable, NodeLost, Refused, DeadlineExceeded, Cancelled) as error:
        timed_out: bool = isinstance(error, TimeoutError)
        return f"{error.node} {timed_out}"
    except RemoteError as error:
        return error.node + error.kind + error.reason + error.traceback + "".join(error.problems)
    return ""


def executor(view: View) -> int:
    with Executor(view) as pool:
        future: concurrent.futures.Future[int] = pool.submit(area, 1, height=1)
        pool.shutdown(wait=True, cancel_futures=True)
        return future.result() + sum(pool.map(abs, [1, 2]))


def told(it: Progress) -> float:
    return it.rate + it.seconds + it.failed + (it.total or 0)


def main() -> None:
    with ClusterAPI.connect("lab", configuration="cluster.conf") as cluster, ClusterAPI.local(3, workers=2) as other:
        print(founding(), functions(cluster), views(cluster), commands(other), executor(other), failures(cluster))
        sessions_and_files(other)
        print(asyncio.run(awaited(cluster)), told)
    stopped: list[str] = cluster.close()
    ClusterAPI.load_ipython_extension(stopped)
    ClusterAPI.unload_ipython_extension(stopped)
