"""Futures of calls, and the one thread of Python that completes them."""

import concurrent.futures
import functools
import os
import threading

from . import _native
from ._output import Output


class Future(concurrent.futures.Future):
    """What a call will come to: a concurrent.futures.Future that can also be awaited. Cancelling it
    stops what runs on the node, with all that it started.

    node: where it runs, or ran last; empty until it is sent
    """

    def __init__(self):
        super().__init__()
        self.node = ""
        self._stop = None  # what stops it on its node

    def cancel(self, grace=None):
        """Stops it: SIGINT, SIGTERM, SIGKILL over `grace` seconds (5, if not said). True: nobody will
        get a result of it; the node may take all of its grace still. False: it has ended already."""
        stop = self._stop
        cancelled = super().cancel()
        if cancelled and stop is not None:
            stop(grace)
        return cancelled

    def __await__(self):
        import asyncio
        return asyncio.wrap_future(self).__await__()


class Follower:
    """Completes futures: one thread for all calls of the process, which lives as long as it does. No
    thread of the library waits for Python."""

    def __init__(self):
        self.reset()

    def reset(self):
        """Forgets everything: a fork has no thread of ours, and no calls."""
        self._lock = threading.Lock()
        self._queue = None
        self._waiting = {}  # token: what is to be called with its outcome, and its output

    def send(self, send, on_end):
        """`send(queue)` gives [(token, node)]; `on_end(place, outcome)` is called for each of them, by its
        place in that list, on the follower's thread. Returns (node, stop) for each."""
        with self._lock:
            if self._queue is None:
                self._queue = _native.CallQueue()
                threading.Thread(target=self._run, args=(self._queue,), daemon=True, name="ClusterAPI").start()
            queue = self._queue
        sent = send(queue)
        with self._lock:
            for place, (token, _) in enumerate(sent):
                self._waiting[token] = functools.partial(on_end, place), Output()
        queue.follow([token for token, _ in sent])
        return [(node, functools.partial(queue.cancel, token)) for token, node in sent]

    def _run(self, queue):
        while True:
            for token, output, outcome in queue.take(3600.0):
                with self._lock:
                    on_end, writer = self._waiting[token]
                    if outcome is not None:
                        del self._waiting[token]
                for is_stdout, data in output:
                    try:
                        writer.write(is_stdout, data)
                    except (OSError, ValueError):
                        pass  # the caller's own stream is closed: he does not want it
                if outcome is not None:
                    on_end(outcome)


FOLLOWER = Follower()
os.register_at_fork(after_in_child=FOLLOWER.reset)
