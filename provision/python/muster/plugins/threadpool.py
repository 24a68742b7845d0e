"""Jobs at the same time, on a few threads."""

import sys
import threading
import traceback
from queue import SimpleQueue

from ClusterAPI._progress import Line

from . import _connections, exception
from .logger import current_node

SLICE = 0.1  # seconds; how soon Ctrl-C is seen, and how often the bar is drawn

_here = threading.local()


def in_job():
    """Whether this thread works on a job of a pool."""
    return getattr(_here, "is_worker", False)


class Job:
    """A call on its way. jobid: what it is called in failures."""

    def __init__(self, method, args, kwargs, jobid):
        self.method, self.kwargs = method, kwargs
        self.args = () if args is None else tuple(args) if isinstance(args, (tuple, list)) else (args,)
        self.jobid = jobid if jobid is not None else getattr(method, "__name__", repr(method))
        self.result = None
        self.error = None  # (exception, text of its traceback, jobid)

    def run(self):
        token = current_node.set(str(self.jobid))
        try:
            self.result = self.method(*self.args, **self.kwargs)
        except BaseException as error:  # sys.exit() in a job is its failure, and ends nothing else
            self.error = (error, traceback.format_exc(), self.jobid)
        finally:
            current_node.reset(token)


class ThreadPool:
    """`size` threads at most, which are made as jobs come. Jobs run in the order of their coming; a job that fails
    does not keep others from running. For one thread to fill and to wait for."""

    def __init__(self, size=20, disable_threads=False):
        self.size = max(1, int(size))
        self.disable_threads = disable_threads
        self._queue = SimpleQueue()
        self._jobs = []  # since the last wait
        self._threads = 0
        self._idle = 0
        self._left = 0
        self._changed = threading.Condition()

    def simple_job(self, method, args=(), kwargs=None, jobid=None, results_queue=None):
        """Has method(*args, **kwargs) called by a thread. `args`: a tuple or a list; anything else is the one argument.
        `jobid`: names it in failures, and its lines in the debug file."""
        job = Job(method, args, dict(kwargs or {}), jobid)
        self._jobs.append(job)
        if self.disable_threads:
            job.run()
            return
        with self._changed:
            self._left += 1
            if self._idle == 0 and self._threads < self.size:
                self._threads += 1
                threading.Thread(target=self._work, daemon=True, name=f"pool {self._threads}").start()
            elif self._idle > 0:
                self._idle -= 1
        self._queue.put(job)

    def _work(self):
        _here.is_worker = True
        while (job := self._queue.get()) is not None:
            job.run()
            del job
            with self._changed:
                self._left -= 1
                self._idle += 1
                self._changed.notify_all()

    def wait(self, numtasks=None, return_results=True):
        """Waits for all jobs; their results, in the order of the jobs. ThreadPoolException: some failed; all have ended
        all the same. Ctrl-C stops what they run on nodes."""
        jobs = self._jobs
        line = Line("", None if sys.stderr.isatty() else False)
        try:
            with self._changed:
                while self._left:
                    self._changed.wait(SLICE)
                    if line:
                        done = len(jobs) - self._left
                        line.draw(done / len(jobs), f"{done}/{len(jobs)}", 0)
        except BaseException:
            self._drop()
            _connections.stop_all()
            raise
        finally:
            line.close()
        self._jobs = []
        failures = [job.error for job in jobs if job.error is not None]
        if failures:
            self.store_exceptions(failures)
        return [job.result for job in jobs] if return_results else None

    def _drop(self):
        """Forgets what nobody began."""
        while not self._queue.empty():
            try:
                self._queue.get_nowait()
            except Exception:
                break
            with self._changed:
                self._left -= 1
        self._jobs = []

    @staticmethod
    def store_exceptions(failures):
        """Raises them as one."""
        for error, _, _ in failures:
            if isinstance(error, KeyboardInterrupt):
                raise error
        names = ", ".join(str(job) for _, _, job in failures)
        raise exception.ThreadPoolException(f"{len(failures)} of the jobs failed: {names}", failures)

    def get_results(self):
        """As wait()."""
        return self.wait()

    def map(self, fn, *seqs, jobid_fn=None, **kwargs):
        """Calls fn with the items of the sequences, as the builtin map does, at the same time, and waits: a list in
        the order of the items. `jobid_fn(*items)` names each."""
        if self._jobs:
            self.wait()
        for items in zip(*seqs):
            self.simple_job(fn, items, kwargs, jobid=jobid_fn(*items) if jobid_fn is not None else str(items[0]))
        return self.wait()

    @property
    def unfinished_tasks(self):
        """Jobs that have not ended."""
        with self._changed:
            return self._left

    @property
    def exceptions(self):
        """Of jobs that failed since the last wait: (exception, text of its traceback, jobid)."""
        return [job.error for job in self._jobs if job.error is not None]

    @property
    def progress_bar(self):
        """A bar that the caller draws."""
        from .progressbar import ProgressBar
        return ProgressBar(maxval=max(1, len(self._jobs)))

    def shutdown(self):
        """Ends its threads, once their jobs have ended."""
        with self._changed:
            count, self._threads, self._idle = self._threads, 0, 0
        for _ in range(count):
            self._queue.put(None)

    def __del__(self):
        if hasattr(self, "_changed"):
            self.shutdown()


SimpleJob = Job


def get_thread_pool(size=20, worker_factory=None, disable_threads=False):
    """A ThreadPool."""
    return ThreadPool(size, disable_threads)
