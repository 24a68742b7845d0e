"""Futures of calls, and the one thread of Python that completes them."""

import concurrent.futures
import functools
import os
import sys
import threading

from . import _display, _errors, _native
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
        self._pid = os.getpid()

    def result(self, timeout=None):
        """As of concurrent.futures. Not where it would wait for itself: in a callback of another future, and in a
        fork."""
        self._check_wait()
        return super().result(timeout)

    def exception(self, timeout=None):
        """As result()."""
        self._check_wait()
        return super().exception(timeout)

    def _check_wait(self):
        if self._state in ("FINISHED", "CANCELLED", "CANCELLED_AND_NOTIFIED"):
            return
        if threading.get_ident() == FOLLOWER.thread:
            raise RuntimeError("a callback of a future cannot wait for another one: the thread that calls it is the one "
                               "that brings results")
        if self._pid != os.getpid():
            raise _errors.refused("this process is a fork of the one that sent the call, which alone hears of its end")

    def __reduce__(self):
        raise TypeError("a Future cannot be sent to a node: send its result()")

    def cancel(self, grace=None):
        """Stops it: SIGINT, SIGTERM, SIGKILL over `grace` seconds (5, if not said). True: nobody will
        get a result of it; the node may take all of its grace still. False: it has ended already."""
        if grace is not None and (isinstance(grace, bool) or not isinstance(grace, (int, float)) or not grace >= 0):
            raise ValueError(f"grace has to be a number of seconds, 0 or more, and not {grace!r:.80}")
        cancelled = super().cancel()
        stop = self._stop  # after that: who sends it again from now on sees that it is cancelled
        if cancelled and stop is not None:
            stop(grace)
        return cancelled

    __repr__ = _display.future_repr
    _repr_html_ = _display.future_html

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
        self.thread = 0  # its thread's ident
        # By token: what is called with its outcome, and its Output, once there is some. Read and changed
        # by single steps of the interpreter.
        self._waiting = {}

    def follow(self, future, on_end, send):
        """`send(queue, token)` sends a call, which the future stands for from now on; `on_end(outcome)` is called at
        its end, on the follower's thread."""
        queue = self._queue or self._started()
        token = queue.reserve()
        self._waiting[token] = [on_end, None]
        future._stop = stop = functools.partial(queue.cancel, token)
        try:
            send(queue, token)
        except BaseException:
            self._waiting.pop(token, None)
            stop(None)
            raise
        if future.cancelled():  # meanwhile
            stop(None)

    def send(self, send, on_sent, on_end):
        """`send(queue)` gives [(token, node)]. Then, before any of them can end, `on_sent([(node, stop)])` is
        called, and `on_end(place, outcome)` for each, by its place in that list, on the follower's thread."""
        queue = self._queue or self._started()
        sent = []
        try:
            sent = send(queue)
            for place, (token, _) in enumerate(sent):
                self._waiting[token] = [functools.partial(on_end, place), None]
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
        self.thread = threading.get_ident()
        while True:
            self._hear(queue.take(3600.0))

    def _hear(self, said):
        """In a call of its own, whose end lets go of everything: the thread then waits for long."""
        waiting = self._waiting
        for token, output, outcome in said:
            call = waiting.get(token) if outcome is None else waiting.pop(token, None)
            if call is None:
                continue
            if output:
                if call[1] is None:
                    call[1] = Output()
                self._print(call[1], output)
            if outcome is not None:
                self._end(call[0], outcome)

    @staticmethod
    def _print(writer, output):
        """Whatever the program's own streams raise, this thread goes on."""
        for is_stdout, data in output:
            try:
                writer.write(is_stdout, data)
            except Exception:
                pass  # the caller's own stream is closed, or broken: he does not want it

    @staticmethod
    def _end(on_end, outcome):
        """Whatever the program's own callbacks raise, this thread goes on."""
        try:
            on_end(outcome)
        except BaseException:
            sys.excepthook(*sys.exc_info())


FOLLOWER = Follower()
os.register_at_fork(after_in_child=FOLLOWER.reset)
