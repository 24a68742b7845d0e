"""Clusters, and views of some of their nodes."""

import collections
import concurrent.futures
import itertools
import os
import sys
import threading
import time
import weakref

from . import _errors, _files, _functions, _native
from ._future import FOLLOWER, Future
from ._session import Session
from ._stream import Followed

Node = collections.namedtuple("Node", "name address")
Event = collections.namedtuple("Event", "node stream data")


class NodeCheck(dict):
    """What a node said of itself: name, functional, state, reason, version, python, cores, memory (bytes),
    load and running (executions). Truthy when it is functional."""

    def __bool__(self):
        return self["functional"]


class ClusterCheck(list):
    """A NodeCheck for each node. Truthy when all are functional."""

    def __bool__(self):
        return all(self)


class View:
    """Some nodes of a cluster, and how things run there. Thread-safe.

    targets: None (all nodes), a number from 1, a text as docs/targets.md has it, or a list of those
    options: deadline and grace (seconds), directory, environment (dict), input (standard input), session,
        retries, idempotent, isolation ("worker" or "fresh"), leftovers ("own_session", "reap" or "keep"),
        and limits: cpu (seconds), memory (bytes), processes, file_size (bytes), open_files, output (bytes)
    trust_results: take results of submit(), map() and run() that only pickle can carry. A node that is
        not honest can then run anything here.
    """

    def __init__(self, scheduler, targets=None, trust_results=False, **options):
        if not isinstance(trust_results, bool):
            raise TypeError(f"trust_results has to be True or False, and not {trust_results!r}")
        self._scheduler = scheduler
        self._targets = targets
        self._trust_results = trust_results
        self._options = options
        self._all_names = None  # of the cluster, once somebody asked

    def on(self, targets=None, *, trust_results=None, **options):
        """A view of other nodes, or with other options; what is not said stays as it is here."""
        return View(self._scheduler,
                    self._targets if targets is None else targets,
                    self._trust_results if trust_results is None else trust_results,
                    **{**self._options, **options})

    @property
    def _native(self):
        return self._scheduler.native  # of all views of a cluster, until it is closed

    def _target_list(self, targets=None):
        chosen = self._targets if targets is None else targets
        if isinstance(chosen, (list, tuple)) and not chosen:
            raise ValueError("the list of targets is empty; None means all nodes")
        if chosen is None:
            return list(self._names())
        return list(chosen) if isinstance(chosen, (list, tuple)) else [chosen]

    def _names(self):
        if self._targets is not None:
            return [node.name for node in self.nodes()]
        if self._all_names is None:
            self._all_names = [node.name for node in self.nodes()]
        return self._all_names

    def nodes(self):
        """The nodes that are meant, each once."""
        found = {}
        for target in [None] if self._targets is None else self._target_list():
            for name, address in self._native.nodes(target):
                found.setdefault(name, Node(name, address))
        return list(found.values())

    def __len__(self):
        return len(self.nodes())

    def check(self, timeout=2.0):
        """Asks every node of the cluster, all at once: a ClusterCheck."""
        return ClusterCheck(map(NodeCheck, self._native.check(timeout)))

    # ---- Functions ----

    def submit(self, function, /, *args, **kwargs):
        """Calls the function on one of the nodes, the one with the least to do. Returns a Future at once.
        A node that cannot be reached is passed over; what was lost with its node is sent to another one
        only if the view is `idempotent`."""
        source, extra = _functions.to_cell(function, args, kwargs, self._trust_results)
        task = _Task(self, source, {**self._options, **extra}, self._names())
        self._scheduler.watch(task.future)
        task.send()
        return task.future

    def map(self, function, *iterables, timeout=None):
        """As concurrent.futures.Executor.map: the results in the order of the items, as they come. Takes
        from the iterables only as far as there is room on the nodes. Dropping it stops what runs."""
        results = self._results(function, zip(*iterables), timeout)
        next(results)  # sends the first ones, now
        return results

    def _results(self, function, items, timeout):
        end = None if timeout is None else time.monotonic() + timeout
        running = collections.deque()
        try:
            for item in itertools.islice(items, self._scheduler.window * max(1, len(self))):
                running.append(self.submit(function, *item))
            yield None
            while running:
                result = running[0].result(None if end is None else end - time.monotonic())
                running.popleft()
                for item in itertools.islice(items, 1):
                    running.append(self.submit(function, *item))
                yield result
        finally:
            for future in running:
                future.cancel()

    def run(self, function, /, *args, **kwargs):
        """Calls the function on every node at once; {node: result}. Raises the first failure, when all
        have ended."""
        source, extra = _functions.to_cell(function, args, kwargs, self._trust_results)
        futures = self._send_all("python", source, "data", extra, self._result_of)
        concurrent.futures.wait(futures)
        return {future.node: future.result() for future in futures}

    def _result_of(self, outcome):
        if not outcome.ok:
            raise _errors.raised_there(outcome)
        return _functions.result_of(outcome, self._trust_results)

    # ---- Source and commands ----

    def python(self, source, *, targets=None, **options):
        """Runs Python source on every node: a Future for each, of the value of its last expression; of a
        value that does not cross as data (docs/values.md), of its repr()."""
        return self._send_all("python", source, "data", options, _value_of, targets)

    def shell(self, line, *, targets=None, **options):
        """Runs a line of the node's shell on every node: a Future for each, of its outcome, whatever its
        exit code. What it prints appears here."""
        return self._send_all("shell", line, "repr", options, _outcome_of, targets)

    def argv(self, words, *, targets=None, **options):
        """Runs a program with its arguments, as shell() does, with no shell between."""
        return self._send_all("argv", list(words), "repr", options, _outcome_of, targets)

    def stream(self, line, *, targets=None, **options):
        """Runs a line of the shell on every node and gives what they print as it comes: Events of node,
        stream ("stdout" or "stderr") and data (bytes). Raises RemoteError for the first that did not end
        well, when all have ended. Leaving it early stops what runs; a slow reader slows the nodes."""
        followed = Followed(self._native, self._target_list(targets), True, "shell", line, "repr",
                            {**self._options, **options})
        failures = []
        try:
            for token, output, outcome in followed:
                for is_stdout, data in output:
                    yield Event(followed.nodes[token], "stdout" if is_stdout else "stderr", data)
                if outcome is not None and not outcome.ok:
                    failures.append(outcome)
        finally:
            followed.leave()
        if failures:
            raise _errors.make(failures[0])

    # ---- Sessions and files ----

    def session(self, name="", *, target=1):
        """A Session on one node. Without a name a new one; with a name the one of that name, opened when it
        is not there."""
        return Session(self._native, target, name)

    def put(self, local, remote, *, targets=None, progress=None, **options):
        """Copies files, folders and what patterns match to every node, and waits; docs/files.md says what
        becomes of them. `progress` is called with a FileProgress now and then. Options: deadline and grace
        (seconds), directory, durable. Raises RemoteError, with .problems, when something was not copied."""
        return _files.follow(self._native.put(self._target_list(targets), _files.paths(local),
                                              os.fsencode(remote), options), progress)

    def get(self, remote, local, *, targets=None, progress=None, **options):
        """Copies files of every node here; of several nodes each name gets ".NODE" behind it. As put(); options
        max_bytes and max_files besides."""
        return _files.follow(self._native.get(self._target_list(targets), _files.paths(remote),
                                              os.fsencode(local), options), progress)

    def _send_all(self, kind, source, form, options, result_of, targets=None):
        chosen = self._target_list(targets)
        futures = []

        def send(queue):
            sent = self._native.execute(queue, chosen, True, kind, source, form, {**self._options, **options})
            futures.extend(Future() for _ in sent)
            return sent

        def on_end(place, outcome):
            _complete(futures[place], lambda: result_of(outcome))

        def on_sent(sent):
            for future, (node, stop) in zip(futures, sent):
                future.node, future._stop = node, stop
                self._scheduler.watch(future)

        FOLLOWER.send(send, on_sent, on_end)
        return futures


def _complete(future, make):
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = make()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def _value_of(outcome):
    if not outcome.ok:
        raise _errors.make(outcome)
    return _functions.value_of(outcome)


def _outcome_of(outcome):
    if outcome.ok or outcome.kind == "failed":
        return outcome
    raise _errors.make(outcome)


class Scheduler:
    """How many tasks each node of a cluster has. Thread-safe."""

    window = 256  # tasks of a map that a node may have

    def __init__(self, native):
        self.native = native
        self._lock = threading.Lock()
        self._running = collections.Counter()
        self._futures = weakref.WeakSet()

    def watch(self, future):
        """Has stop() see it."""
        with self._lock:
            self._futures.add(future)

    def stop(self):
        """Cancels what has not ended; the nodes of what was cancelled."""
        with self._lock:
            futures = list(self._futures)
        return [future.node for future in futures if future.cancel()]

    def take(self, names):
        """The one with the least to do, which has one more now."""
        with self._lock:
            name = min(names, key=self._running.__getitem__)
            self._running[name] += 1
            return name

    def give(self, name):
        with self._lock:
            self._running[name] -= 1


class _Task:
    """One function on its way: sent to one node after the other until one has it."""

    def __init__(self, view, source, options, names):
        self.future = Future()
        self._view = view
        self._source = source
        self._options = options
        self._names = names  # that were not tried yet
        self._name = ""

    def send(self):
        view = self._view
        self._name = view._scheduler.take(self._names)

        def send(queue):
            return view._native.execute(queue, [self._name], False, "python", self._source, "data",
                                        self._options)

        def on_sent(sent):
            (self.future.node, self.future._stop), = sent
            if self.future.cancelled():  # meanwhile
                self.future._stop(None)

        try:
            FOLLOWER.send(send, on_sent, lambda place, outcome: self._on_end(outcome))
        except BaseException:
            view._scheduler.give(self._name)
            raise

    def _on_end(self, outcome):
        self._view._scheduler.give(self._name)
        is_lost = outcome.kind == "lost" and self._options.get("idempotent")
        if (outcome.kind == "unreachable" or is_lost) and len(self._names) > 1 and not self.future.cancelled():
            self._names = [name for name in self._names if name != self._name]
            try:
                self.send()
            except Exception as error:
                self.future.set_exception(error)
            return
        _complete(self.future, lambda: self._view._result_of(outcome))


class Cluster(View):
    """A cluster: a View of all its nodes. As a context manager it stops, at the end of the block, what
    still runs of it. ClusterAPI.connect() and ClusterAPI.local() make one."""

    def __init__(self, native):
        super().__init__(Scheduler(native))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        stopped = self.close()
        if kind is KeyboardInterrupt and stopped:
            print(f"ClusterAPI: stopped {len(stopped)} calls, on {', '.join(sorted(set(stopped)))}",
                  file=sys.stderr)

    def close(self):
        """Stops what still runs of it, and lets it go. Returns the nodes of what was stopped."""
        stopped = self._scheduler.stop()
        self._scheduler.native = _Closed()
        return stopped


class _Closed:
    """In the place of a cluster that was closed."""

    def __getattr__(self, name):
        raise RuntimeError("the cluster was closed")

    def __len__(self):
        raise RuntimeError("the cluster was closed")


def connect(cluster="", configuration=""):
    """The cluster of the configuration: the file that is named, else the one that MUSTER_CONFIG names,
    ./cluster.conf, ~/.config/muster/cluster.conf or /etc/muster/cluster.conf, the first that is there;
    without one, the clusterd of this machine. No node is contacted yet. RuntimeError: what is wrong with it.
    """
    return Cluster(_native.Cluster.connect(cluster, str(configuration)))


def local(nodes, workers=0):
    """An embedded cluster: daemons n1… (1 to 512) on this machine, which end with this process. `workers`:
    functions at once on each; 0: the number of cores."""
    return Cluster(_native.Cluster.local(nodes, workers))


def gather(futures):
    """The results of futures, in their order; the first failure is raised, the others go on."""
    return [future.result() for future in futures]
