"""joblib on the nodes of a cluster: the import of this module makes the backend "muster" known to joblib.

    import joblib, ClusterAPI.joblib

    with ClusterAPI.connect() as cluster:
        with joblib.parallel_backend("muster", cluster=cluster):     # or parallel_config, from joblib 1.3 on
            joblib.Parallel()(joblib.delayed(pow)(n, 2) for n in range(100))

cluster: a cluster or a view of it, whose options hold; without one that of the configuration, connected at
    first use
n_jobs: for how many workers joblib cuts its batches; -1, as it is when nobody says it: all workers of all nodes, -2
    one fewer. joblib hands out twice as many batches ahead, unless Parallel() is told another pre_dispatch.

The nodes need joblib, too. Parallel calls inside of one run one after the other, in its worker. The first that fails
is raised as its own type, and what still runs is stopped. Results have to be plain values (docs/values.md) unless the
cluster is one of on(trust_results=True).
"""

import concurrent.futures
import multiprocessing
import threading

from joblib import register_parallel_backend
from joblib._parallel_backends import AutoBatchingMixin, ParallelBackendBase, SequentialBackend

from ._cluster import View, connect

_lock = threading.Lock()
_default = None


def _shared():
    """The cluster of the configuration; a failure is not kept."""
    global _default
    with _lock:
        if _default is None:
            _default = connect()
        return _default


class MusterBackend(AutoBatchingMixin, ParallelBackendBase):
    """What joblib.Parallel sends its batches to. Thread-safe as far as joblib asks for it: batches come of the
    thread that called Parallel, and of the one that completes futures."""

    supports_timeout = True
    default_n_jobs = -1

    def __init__(self, cluster=None, nesting_level=None, **unknown):
        if unknown:
            raise TypeError(f"the backend muster has no option {', '.join(unknown)}; it has cluster, and the "
                            "options of its on()")
        if cluster is not None and not isinstance(cluster, View):
            raise TypeError(f"the backend muster needs a cluster, and not a {type(cluster).__name__}")
        super().__init__(nesting_level=nesting_level)
        self._view = cluster
        self._lock = threading.Lock()
        self._running = set()  # futures
        self._is_aborted = False

    def _cluster(self):
        if self._view is None:
            self._view = _shared()
        return self._view

    def effective_n_jobs(self, n_jobs):
        """As many as were asked for; of a negative number all workers of the view's nodes, but for some."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is not None and n_jobs > 0:
            return n_jobs
        view = self._cluster()
        names = {node.name for node in view.nodes()}
        workers = sum(node["workers"] for node in view.check() if node["name"] in names and node["functional"])
        if workers == 0:
            raise RuntimeError("none of the cluster's nodes is functional; clustershell's 'nodes' says why")
        return max(1, workers + 1 + (-1 if n_jobs is None else n_jobs))

    def configure(self, n_jobs=1, parallel=None, prefer=None, require=None, **unknown):
        """Called at the beginning of Parallel; unlike other backends one job runs on the nodes, too."""
        self.parallel = parallel
        self._is_aborted = False
        return self.effective_n_jobs(n_jobs)

    def submit(self, batch, callback=None):
        """Sends a batch of joblib's to a node."""
        future = self._cluster().submit(batch)
        with self._lock:
            self._running.add(future)
            is_late = self._is_aborted
        if is_late:
            future.cancel()
        future.get = lambda timeout=None: _result(future, timeout)
        future.add_done_callback(lambda ended: self._on_end(ended, callback))
        return future

    apply_async = submit  # its name before joblib 1.4

    def _on_end(self, future, callback):
        with self._lock:
            self._running.discard(future)
            is_wanted = not self._is_aborted
        # joblib sends the next batch in it: not when one of them has failed.
        if callback is not None and is_wanted and not future.cancelled() and future.exception() is None:
            callback(future)

    def abort_everything(self, ensure_ready=True):
        """Stops what runs on the nodes."""
        with self._lock:
            self._is_aborted = True
            running = list(self._running)
        for future in running:
            future.cancel()
        if ensure_ready:
            with self._lock:
                self._is_aborted = False

    def terminate(self):
        """The end of a Parallel; the cluster stays."""
        self.reset_batch_stats()

    def get_nested_backend(self):
        """Of Parallel inside of a batch."""
        return SequentialBackend(nesting_level=(self.nesting_level or 0) + 1), None


def _result(future, timeout):
    """As joblib asks for it: its timeouts are multiprocessing's."""
    try:
        return future.result(timeout)
    except concurrent.futures.TimeoutError as error:
        if future.done() and not future.cancelled() and future.exception() is error:
            raise  # the function's own
        raise multiprocessing.TimeoutError from error


register_parallel_backend("muster", MusterBackend)
