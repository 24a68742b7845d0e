"""Futures of calls, and the one thread of Python that completes them."""

import concurrent.futures
import functools
import os
import sys
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
        cancelled = super().cancel()
        stop = self._stop  # after that: who sends it again from now on sees that it is cancelled
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

    def send(self, send, on_sent, on_end):
        """`send(queue)` gives [(token, node)]. Then, before any of them can end, `on_sent([(node, stop)])` is
        called, and `on_end(place, outcome)` for each, by its place in that list, on the follower's thread."""
        queue = self._started()
        sent = []
        try:
            sent = send(queue)
            with self._lock:
                for place, (token, _) in enumerate(sent):
                    self._waiting[token] = functools.partial(on_end, place), Output()
            on_sent([(node, functools.partial(queue.cancel, token)) for token, node in sent])
        except BaseException:
            for token, _ in sent:
                queue.cancel(token, None)
            raise
        finally:
            queue.follow([token for token, _ in sent])

    def _started(self):
        with self._lock:
            if self._queue is None:
                queue = _native.CallQueue()
                threading.Thread(target=self._run, args=(queue,), daemon=True, name="ClusterAPI").start()
                self._queue = queue
            return self._queue

    def _run(self, queue):
        while True:
            for token, output, outcome in queue.take(3600.0):
                with self._lock:
                    on_end, writer = self._waiting.get(token, (None, None))
                    if outcome is not None:
                        self._waiting.pop(token, None)
                if on_end is not None:
                    self._tell(on_end, writer, output, outcome)

    @staticmethod
    def _tell(on_end, writer, output, outcome):
        """Whatever the program's own streams and callbacks raise, this thread goes on."""
        for is_stdout, data in output:
            try:
                writer.write(is_stdout, data)
            except Exception:
                pass  # the caller's own stream is closed, or broken: he does not want it
        if outcome is None:
            return
        try:
            on_end(outcome)
        except BaseException:
            sys.excepthook(*sys.exc_info())


FOLLOWER = Follower()
os.register_at_fork(after_in_child=FOLLOWER.reset)
