"""ClusterAPI.Executor: the nodes of a cluster behind the interface of concurrent.futures."""

import concurrent.futures
import threading

from ._cluster import View, connect


class Executor(concurrent.futures.Executor):
    """A concurrent.futures.Executor whose workers are those of a cluster's nodes.

    cluster: what ClusterAPI.connect() or local() made, or a view of it (on()); None: the cluster of the
        configuration
    """

    def __init__(self, cluster=None):
        if cluster is not None and not isinstance(cluster, View):
            raise TypeError(f"an Executor needs a cluster, and not a {type(cluster).__name__}")
        self._view = connect() if cluster is None else cluster
        self._changed = threading.Condition(threading.RLock())  # a callback of a future may come in it
        self._futures = set()  # that have not ended
        self._submitting = 0
        self._is_shut_down = False

    def submit(self, function, /, *args, **kwargs):
        """As View.submit(); RuntimeError after shutdown()."""
        with self._changed:
            if self._is_shut_down:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._submitting += 1
        try:
            future = self._view.submit(function, *args, **kwargs)
            with self._changed:
                self._futures.add(future)
        finally:
            with self._changed:
                self._submitting -= 1
                self._changed.notify_all()
        future.add_done_callback(self._forget)
        return future

    def _forget(self, future):
        with self._changed:
            self._futures.discard(future)

    def shutdown(self, wait=True, *, cancel_futures=False):
        """Takes nothing new. `wait`: returns when all has ended; `cancel_futures`: what has not is stopped. The
        cluster stays as it is."""
        with self._changed:
            self._is_shut_down = True
            while self._submitting > 0:
                self._changed.wait()
            futures = list(self._futures)
        if cancel_futures:
            for future in futures:
                future.cancel()
        if wait:
            concurrent.futures.wait(futures)
