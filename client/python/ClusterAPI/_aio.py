"""Clusters for asyncio: what waits is awaited, and no thread waits for it where nodes tell its end by themselves.
A task that is cancelled stops on the nodes what it waits for."""

import asyncio
import threading

from . import _errors, _files
from ._output import Output
from ._session import cell_value
from ._stream import events_of
from ._tasks import Mapping

POLL = 0.02  # seconds; how soon the end of a transfer is seen


class AsyncView:
    """A View for asyncio; View.aio makes one. What it has not is in the View itself."""

    def __init__(self, view):
        self._view = view

    def on(self, targets=None, **options):
        """As View.on()."""
        return AsyncView(self._view.on(targets, **options))

    # ---- Functions ----

    def submit(self, function, /, *args, **kwargs):
        """As View.submit(): a Future, sent at once, which can be awaited, in whichever loop."""
        return self._view.submit(function, *args, **kwargs)

    async def map(self, function, *iterables, return_exceptions=False):
        """As View.map(), from its first step on. Leaving it stops what runs."""
        mapping = Mapping(self._view, function, zip(*iterables))
        try:
            while (future := mapping.first()) is not None:
                try:
                    result = await future
                except (Exception, asyncio.CancelledError) as error:
                    if not future.done() or asyncio.current_task().cancelling():
                        raise  # it is this task that was stopped
                    mapping.failed(error)
                    if not return_exceptions:
                        raise
                    result = error
                mapping.take()
                yield result
        finally:
            mapping.close()

    async def run(self, function, /, *args, **kwargs):
        """As View.run(): {node: result}."""
        futures = self._view._run(function, args, kwargs)
        results = await _all(futures)
        return {future.node: result for future, result in zip(futures, results)}

    @staticmethod
    async def as_completed(futures):
        """The futures of submit(), as they end."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Queue()

        def on_end(future):
            if not loop.is_closed():
                loop.call_soon_threadsafe(ended.put_nowait, future)

        futures = list(futures)
        for future in futures:
            future.add_done_callback(on_end)
        for _ in futures:
            yield await ended.get()

    # ---- Source and commands ----

    async def python(self, source, **options):
        """As View.python(), of all nodes: the values, in their order, or the first failure, when all have ended."""
        return await _all(self._view.python(source, **options))

    async def shell(self, line, **options):
        """As View.shell(), of all nodes: their outcomes, in their order."""
        return await _all(self._view.shell(line, **options))

    async def argv(self, words, **options):
        """As View.argv(), of all nodes: their outcomes, in their order."""
        return await _all(self._view.argv(words, **options))

    async def stream(self, line, *, targets=None, **options):
        """As View.stream()."""
        followed = self._view._follow(line, targets, options)
        failures = []
        try:
            while followed.running:
                for event in events_of(followed, await _take(followed), failures):
                    yield event
        finally:
            followed.leave()
        if failures:
            raise _errors.make(failures[0])

    # ---- Nodes, sessions and files ----

    async def nodes(self):
        """As View.nodes()."""
        return await asyncio.to_thread(self._view.nodes)

    async def check(self, timeout=2.0):
        """As View.check()."""
        return await asyncio.to_thread(self._view.check, timeout)

    def session(self, name="", *, target=1):
        """As View.session(): to be awaited, or for `async with`: an AsyncSession."""
        return _Opening(self._view, name, target)

    async def put(self, local, remote, *, targets=None, progress=None, **options):
        """As View.put()."""
        return await _transfer(self._view._put, local, remote, targets, options, progress)

    async def get(self, remote, local, *, targets=None, progress=None, **options):
        """As View.get()."""
        return await _transfer(self._view._get, remote, local, targets, options, progress)


class AsyncCluster(AsyncView):
    """A Cluster for asyncio; Cluster.aio makes one. An asynchronous context manager: the cluster is closed at the
    end of the block."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def close(self):
        """As Cluster.close()."""
        return await asyncio.to_thread(self._view.close)


class AsyncSession:
    """A Session for asyncio. name, node: as there."""

    def __init__(self, session):
        self._session = session
        self.name = session.name
        self.node = session.node

    async def run(self, source):
        """As Session.run(). A task that is cancelled interrupts the cell; the namespace stays."""
        followed = self._session._follow(source)
        writer = Output()
        last = None
        try:
            while followed.running:
                for _, output, outcome in await _take(followed):
                    for is_stdout, data in output:
                        writer.write(is_stdout, data)
                    last = outcome
        except BaseException:
            followed.leave()
            raise
        return cell_value(last)

    async def close(self):
        """As Session.close()."""
        await asyncio.to_thread(self._session.close)


class _Opening:
    """A session that is not open yet."""

    def __init__(self, view, name, target):
        self._view = view
        self._name = name
        self._target = target
        self._session = None

    async def _open(self):
        lock = threading.Lock()
        opened = []
        is_left = False

        def open_():
            session = self._view.session(self._name, target=self._target)
            with lock:
                opened.append(session)
                is_late = is_left
            if is_late:
                self._drop(session)
            return session

        try:
            return AsyncSession(await asyncio.to_thread(open_))
        except asyncio.CancelledError:
            with lock:
                is_left = True
                late = list(opened)
            for session in late:
                threading.Thread(target=self._drop, args=(session,), daemon=True).start()
            raise

    def _drop(self, session):
        """Nobody waits for it any longer, and a new one has no name that anybody knows."""
        if not self._name:
            session.close()

    def __await__(self):
        return self._open().__await__()

    async def __aenter__(self):
        self._session = await self._open()
        return self._session

    async def __aexit__(self, *_):
        await self._session.close()


async def _all(futures):
    """Their results, when all have ended; the first failure is raised then. Its cancellation is theirs."""
    await asyncio.gather(*map(asyncio.wrap_future, futures), return_exceptions=True)
    return [future.result() for future in futures]


async def _take(followed):
    """As Followed.take(), when there is something."""
    while not (said := followed.take(0)) and followed.running:
        await _readable(followed.descriptor())
    return said


async def _readable(descriptor):
    loop = asyncio.get_running_loop()
    is_readable = loop.create_future()
    loop.add_reader(descriptor, lambda: is_readable.done() or is_readable.set_result(None))
    try:
        await is_readable
    finally:
        loop.remove_reader(descriptor)


async def _transfer(begin, source, destination, targets, options, progress):
    transfers = begin(source, destination, targets, options)
    try:
        running = list(transfers)
        while running:
            running = _files.step(running, 0)
            if callable(progress):
                progress(_files.total(transfers))
            if running:
                await asyncio.sleep(POLL)
    except BaseException:
        _files.stop(transfers)
        raise
    return _files.outcomes_of(transfers)
