"""Clusters, and views of some of their nodes."""

import os
import sys

from . import _display, _errors, _files, _functions, _native, _progress
from ._future import FOLLOWER, Future
from ._nodes import ClusterCheck, Node, NodeCheck
from ._session import Session
from ._stream import Followed, events_of
from ._tasks import Mapping, Scheduler, Task, complete


class View:
    """Some nodes of a cluster, and how things run there. Thread-safe.

    targets: None (all nodes), a number from 1, a text as docs/targets.md has it, or a list of those
    options: deadline and grace (seconds), directory, environment (dict), input (standard input), session,
        resources (slots of the node, as {"gpu": 1}), retries, idempotent, isolation ("worker" or "fresh"), leftovers ("own_session", "reap" or "keep"),
        and limits: cpu (seconds), memory (bytes), processes, file_size (bytes), open_files, output (bytes)
    trust_results: take results of submit(), map() and run() that only pickle can carry. A node that is
        not honest can then run anything here.
    progress: how far map(), run(), put() and get() are, on the last line of the terminal that standard error
        is: None, after two seconds; True, at once; False, never. A function is called with a Progress, or
        a FileProgress, ten times a second and at the end.
    """

    def __init__(self, scheduler, targets=None, trust_results=False, progress=None, **options):
        if not isinstance(trust_results, bool):
            raise TypeError(f"trust_results has to be True or False, and not {trust_results!r}")
        self._scheduler = scheduler
        self._targets = targets
        self._trust_results = trust_results
        self._progress = _progress.checked(progress)
        self._options = options
        if isinstance(options.get("resources"), dict):
            options["resources"] = dict(options["resources"])  # the caller's own may change
        self._native_options = _native.Options(options)
        self._all_names = None  # of the cluster, once somebody asked

    __repr__ = _display.view_repr
    _repr_html_ = _display.view_html

    def on(self, targets=None, *, trust_results=None, progress=None, **options):
        """A view of other nodes, or with other options; what is not said stays as it is here."""
        return View(self._scheduler,
                    self._targets if targets is None else targets,
                    self._trust_results if trust_results is None else trust_results,
                    self._progress if progress is None else progress,
                    **{**self._options, **options})

    @property
    def aio(self):
        """The same for asyncio: methods that wait are coroutines there, and iterators asynchronous."""
        from ._aio import AsyncView
        return AsyncView(self)

    @property
    def _native(self):
        return self._scheduler.native  # of all views of a cluster, until it is closed

    def _target_list(self, targets=None):
        chosen = self._targets if targets is None else targets
        if isinstance(chosen, (list, tuple)) and not chosen:
            raise ValueError("the list of targets is empty; None means all nodes")
        if chosen is None:
            return list(self._names())
        if isinstance(chosen, Node):
            return [chosen.name]
        if isinstance(chosen, bool):
            raise TypeError(f"a target has to be a number, a text or a list of those, and not {chosen!r}")
        given = chosen if isinstance(chosen, (list, tuple)) else [chosen]
        return [target.name if isinstance(target, Node) else target for target in given]

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
            for name, address in _errors.nodes_of(self._native, target):
                found.setdefault(name, Node(name, address))
        return list(found.values())

    def __len__(self):
        return len(self.nodes())

    def __reduce__(self):
        raise TypeError("a cluster cannot be sent to a node")

    def check(self, timeout=2.0):
        """Asks every node of the cluster, all at once, for `timeout` seconds at most: a ClusterCheck."""
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
            raise TypeError(f"timeout is {timeout!r} ({type(timeout).__name__}); it has to be a number of seconds")
        return ClusterCheck(map(NodeCheck, self._native.check(timeout)))

    # ---- Functions ----

    def submit(self, function, /, *args, **kwargs):
        """Calls the function on one of the nodes, the one with the least to do. Returns a Future at once.
        With `resources`: of the nodes that have them, the one with most free; Refused, when none has.
        A node that cannot be reached is passed over; what was lost with its node is sent to another one
        only if the view is `idempotent`."""
        source, pieces = _functions.to_cell(function, args, kwargs, self._trust_results)
        options = self._native_options.with_input(pieces) if pieces else self._native_options
        task = Task(self, source, options, self._names())
        task.send()
        return task.future

    def map(self, function, *iterables, timeout=None, return_exceptions=False, progress=None):
        """As concurrent.futures.Executor.map: the results in the order of the items, as they come. Takes
        from the iterables only as far as there is room on the nodes. Dropping it stops what runs.

        The first failure is raised, its .index the place of its item from 0; with `return_exceptions` every item
        comes to a result or an exception, in its place."""
        items = zip(*iterables)
        meter = _progress.meter("map", _progress.length(iterables), self._progress if progress is None else progress)
        return Mapping(self, function, items, meter).results(timeout, return_exceptions)

    def run(self, function, /, *args, **kwargs):
        """Calls the function on every node at once; {node: result}. Raises the first failure, when all
        have ended."""
        futures = self._run(function, args, kwargs)
        _progress.wait(futures, "run", self._progress)
        return _display.Results((future.node, future.result()) for future in futures)

    def _run(self, function, args, kwargs):
        source, pieces = _functions.to_cell(function, args, kwargs, self._trust_results)
        return self._send_all("python", source, "data", {}, self._result_of, pieces=pieces)

    def _result_of(self, outcome):
        if not outcome.ok:
            raise _errors.raised_there(outcome)
        return _functions.result_of(outcome, self._trust_results)

    # ---- Source and commands ----

    def python(self, source, *, targets=None, **options):
        """Runs Python source on every node: a Future for each, of the value of its last expression. A value that
        does not cross as data (docs/values.md) is a TypeError, whose .text is its repr(); the source has run."""
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
        followed = self._follow(line, targets, options)
        failures = []
        try:
            yield from events_of(followed, followed, failures)
        finally:
            followed.leave()
        if failures:
            raise _errors.make(failures[0])

    def _follow(self, line, targets, options):
        return Followed(self._native, self._target_list(targets), True, "shell", line, "repr",
                        {**self._options, **options})

    # ---- Sessions and files ----

    def session(self, name="", *, target=1):
        """A Session on one node. Without a name a new one; with a name the one of that name, opened when it
        is not there."""
        return Session(self._native, target, name)

    def put(self, local, remote, *, targets=None, progress=None, **options):
        """Copies files, folders and what patterns match to every node, and waits; docs/files.md says what
        becomes of them. `progress`: as of View; a function is called with a FileProgress. Options: deadline and grace
        (seconds), directory, durable. Raises RemoteError, with .problems, when something was not copied."""
        return _files.follow(self._put(local, remote, targets, options),
                             self._progress if progress is None else progress, "put")

    def _put(self, local, remote, targets, options):
        return self._native.put(self._target_list(targets), _files.paths(local), os.fsencode(remote), options)

    def get(self, remote, local, *, targets=None, progress=None, **options):
        """Copies files of every node here; of several nodes each name gets ".NODE" behind it. As put(); options
        max_bytes and max_files besides."""
        return _files.follow(self._get(remote, local, targets, options),
                             self._progress if progress is None else progress, "get")

    def _get(self, remote, local, targets, options):
        return self._native.get(self._target_list(targets), _files.paths(remote), os.fsencode(local), options)

    def _send_all(self, kind, source, form, options, result_of, targets=None, pieces=None):
        chosen = self._target_list(targets)
        native_options = _native.Options({**self._options, **options}) if options else self._native_options
        if pieces:
            native_options = native_options.with_input(pieces)
        futures = []

        def send(queue):
            sent = self._native.execute(queue, chosen, True, kind, source, form, native_options)
            futures.extend(Future() for _ in sent)
            return sent

        def on_end(place, outcome):
            self._scheduler.forget(futures[place])
            complete(futures[place], result_of, outcome)

        def on_sent(sent):
            for future, (node, stop) in zip(futures, sent):
                future.node, future._stop = node, stop
                self._scheduler.watch(future)

        FOLLOWER.send(send, on_sent, on_end)
        return futures


def _value_of(outcome):
    if not outcome.ok:
        raise _errors.make(outcome)
    return _functions.value_of(outcome)


def _outcome_of(outcome):
    if outcome.ok or outcome.kind == "failed":
        return outcome
    raise _errors.make(outcome)


class Cluster(View):
    """A cluster: a View of all its nodes. As a context manager it stops, at the end of the block, what
    still runs of it. ClusterAPI.connect() and ClusterAPI.local() make one."""

    def __init__(self, native):
        super().__init__(Scheduler(native))

    @property
    def aio(self):
        """As View.aio; `async with` it closes the cluster at the end of the block."""
        from ._aio import AsyncCluster
        return AsyncCluster(self)

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
    if not isinstance(cluster, str):
        raise TypeError(f"the name of a cluster has to be a str, and not a {type(cluster).__name__}")
    return Cluster(_native.Cluster.connect(cluster, os.fsdecode(configuration)))


def local(nodes, workers=0):
    """An embedded cluster: daemons n1… (1 to 512) on this machine, which end with this process. `workers`:
    functions at once on each; 0: the number of cores."""
    for what, count, least, most in (("nodes", nodes, 1, 512), ("workers", workers, 0, 65535)):
        if isinstance(count, bool) or not isinstance(count, int):
            raise TypeError(f"{what} is {count!r} ({type(count).__name__}); it has to be a number from {least} to {most}")
        if not least <= count <= most:
            raise ValueError(f"{what} is {count}; it has to be a number from {least} to {most}")
    return Cluster(_native.Cluster.local(nodes, workers))


def gather(futures, progress=None):
    """The results of futures, in their order; the first failure is raised, the others go on. `progress`: as of
    View."""
    return _progress.results(futures, "gather", progress)
