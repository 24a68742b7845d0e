"""Functions on their way to nodes: which node gets one, and what becomes of it."""

import collections
import itertools
import threading
import time
from concurrent.futures import CancelledError

from . import _placement, _progress
from ._future import FOLLOWER, Future


def complete(future, result_of, outcome):
    """Ends the future with what the outcome comes to."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = result_of(outcome)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


class Scheduler:
    """How many tasks each node of a cluster has. Thread-safe."""

    window = 256  # tasks of a map that a node may have
    pause = 1.0  # seconds that a node which was lost gets nothing, while others are there

    def __init__(self, native):
        self.native = native
        self.places = {name: place for place, (name, _) in enumerate(native.nodes(None), 1)}
        self._lock = threading.Lock()
        self._running = dict.fromkeys(self.places, 0)
        self._lost = {}  # when, by name
        self.placement = _placement.Placement(self)
        self._futures = set()  # that have not ended; changed by single steps of the interpreter
        self.watch = self._futures.add  # has stop() see a future
        self.forget = self._futures.discard

    def stop(self):
        """Cancels what has not ended; the nodes of what was cancelled."""
        return [future.node for future in list(self._futures) if future.cancel()]

    def take(self, names):
        """The one with the least to do, which has one more now."""
        with self._lock:
            if self._lost:
                names = self._present(names)
            name = min(names, key=self._running.__getitem__)
            self._running[name] += 1
            return name

    def _present(self, names):
        since = time.monotonic() - self.pause
        self._lost = {name: when for name, when in self._lost.items() if when > since}
        return [name for name in names if name not in self._lost] or names

    def lose(self, name):
        """It could not be reached, or broke."""
        with self._lock:
            self._lost[name] = time.monotonic()

    def give(self, name):
        with self._lock:
            self._running[name] -= 1

    def itself(self):
        """This, of who has a weak reference."""
        return self

    def load(self, name):
        """How many it has."""
        return self._running[name]


class Task:
    """One function on its way: sent to one node after the other until one has it."""

    __slots__ = ("future", "_view", "_source", "_options", "_names", "_resources")

    def __init__(self, view, source, options, names):
        self.future = Future()
        self._view = view
        self._source = source
        self._options = options  # as the native module has them
        self._names = names  # that were not tried yet
        self._resources = _placement.wanted(view._options, names)

    def send(self):
        scheduler = self._view._scheduler
        scheduler.watch(self.future)
        if self._resources is None:
            self.send_to(scheduler.take(self._names))
        else:
            scheduler.placement.place(self, self._names, self._resources)

    def send_to(self, name):
        """The node was chosen, and counts it already."""
        future = self.future
        future.node = name
        try:
            FOLLOWER.follow(future, self._on_end, self._send)
        except BaseException:
            self._give()
            self._view._scheduler.forget(future)
            raise

    def _give(self):
        scheduler = self._view._scheduler
        scheduler.give(self.future.node)
        if self._resources is not None:
            scheduler.placement.give(self.future.node, self._resources)

    def _send(self, queue, token):
        scheduler = self._view._scheduler
        scheduler.native.submit(queue, token, scheduler.places[self.future.node], self._source, self._options)

    def _on_end(self, outcome):
        view, future = self._view, self.future
        scheduler = view._scheduler
        self._give()
        if not outcome.ok and outcome.kind in ("unreachable", "lost"):
            scheduler.lose(future.node)
        if not outcome.ok and self._goes_on(outcome):
            self._names = [name for name in self._names if name != future.node]
            try:
                self.send()
            except Exception as error:
                scheduler.forget(future)
                if future.set_running_or_notify_cancel():
                    future.set_exception(error)
            return
        scheduler.forget(future)
        self._source = self._options = None  # an exception keeps this frame, and large arguments with it
        complete(future, view._result_of, outcome)

    def _goes_on(self, outcome):
        """Whether another node gets it."""
        is_lost = outcome.kind == "lost" and self._view._options.get("idempotent")
        is_unfit = self._view._scheduler.placement.is_unfit(self._resources, outcome)
        may_move = outcome.kind == "unreachable" or is_lost or is_unfit
        return may_move and len(self._names) > 1 and not self.future.cancelled()


class Mapping:
    """The calls of one map(): a few for each node at a time, their futures in the order of the items."""

    def __init__(self, view, function, items, meter=_progress.SILENT):
        self._view = view
        self._function = function
        self._meter = meter
        self._items = items
        self._running = collections.deque()
        self._taken = 0
        try:
            self._send(view._scheduler.window * max(1, len(view)))
        except BaseException:
            self.close()
            raise

    def _send(self, count):
        for item in itertools.islice(self._items, count):
            self._running.append(self._meter.watch(self._view.submit(self._function, *item)))

    def first(self):
        """The future of the first item that was not taken; None: there is none left."""
        return self._running[0] if self._running else None

    def take(self):
        """The first has ended: the next item is sent in its place."""
        self._running.popleft()
        self._taken += 1
        self._send(1)

    def close(self):
        """Stops what runs."""
        self._meter.close()
        for future in self._running:
            future.cancel()

    def failed(self, error):
        """Has the exception of the first tell which item it was."""
        try:
            error.index = self._taken
            error.add_note(f"in item {self._taken} of the map, counted from 0")
        except AttributeError:
            pass  # a class that takes none

    def results(self, timeout, return_exceptions):
        """A generator of the results; its end stops what runs."""
        end = None if timeout is None else time.monotonic() + timeout
        results = self._results(end, return_exceptions)
        next(results)  # from now on its end is seen
        return results

    def _results(self, end, return_exceptions):
        try:
            yield None
            while (future := self.first()) is not None:
                self._meter.wait(future, end)
                try:
                    result = future.result(None if end is None else end - time.monotonic())
                except (Exception, CancelledError) as error:
                    is_its_own = future.done() and (future.cancelled() or future.exception() is error)
                    if not is_its_own:
                        raise  # the time of the map is over
                    self.failed(error)
                    if not return_exceptions:
                        raise
                    result = error
                self.take()
                yield result
            self._meter.close(is_whole=True)
        finally:
            self.close()
