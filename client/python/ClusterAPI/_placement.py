"""Which node gets a function that asks for resources."""

import operator
import sys
import threading
import time
import weakref

from . import _errors

_FRESH = 5.0  # seconds that what nodes said is believed without asking again
_PATIENCE = 2.0  # seconds that a node has for its answer


def wanted(options, names):
    """The resources that a node has to be chosen for; None: none, or there is no choice."""
    resources = options.get("resources")
    if not resources or len(names) < 2:
        return None
    return {name: operator.index(count) for name, count in resources.items()}


class Placement:
    """What the nodes of a cluster have, as they said it last, less what was sent to them since then. Asks them at
    the first function that needs to know, and again in the background when a while has passed. Thread-safe."""

    def __init__(self, scheduler):
        self._scheduler = weakref.proxy(scheduler)  # whose own this is
        self._lock = threading.Lock()
        self._checks = {}  # by name; empty: nobody was asked yet
        self._free = {}  # by name, by slot: below 0 when more is waited for than there is
        self._asked = 0.0
        self._is_stale = False  # a node refused what it should have had
        self._asker = None
        self._waiting = []

    def place(self, task, names, resources):
        """Has the task sent to one of these nodes: now, or soon, by another thread."""
        with self._lock:
            age = time.monotonic() - self._asked
            name = self._best(names, resources)
            # Who has nothing yet, or nothing that fits, waits for an answer.
            waits = not self._checks or self._is_stale or (name is None and age > 1)
            if waits:
                self._waiting.append((task, names, resources))
            if waits or age > _FRESH:
                self._ask()
        if not waits:
            self._send(task, name, names, resources)

    def give(self, name, resources):
        """What was sent there has ended."""
        if resources is not None:
            with self._lock:
                self._count(name, resources, 1)

    def is_unfit(self, resources, outcome):
        """Whether its node would not have it after all; then what the nodes said is not believed any more."""
        was_refused = resources is not None and outcome.kind == "refused"
        if was_refused:
            with self._lock:
                self._is_stale = True
        return was_refused

    def _ask(self):
        if self._asker is None or not self._asker.is_alive():
            # The thread keeps the cluster, as a call would.
            self._asker = threading.Thread(target=self._run, args=(self._scheduler.itself(),), daemon=True,
                                           name="ClusterAPI placement")
            self._asker.start()

    def _run(self, scheduler):
        error, checks = None, []
        try:
            checks = scheduler.native.check(_PATIENCE)
        except Exception as raised:  # the cluster was closed meanwhile
            error = raised
        with self._lock:
            self._asker = None
            self._asked = time.monotonic()
            self._is_stale = False
            self._checks = {check["name"]: check for check in checks}
            self._free = {name: {slot: facts["free"] - facts["waiting"] for slot, facts in check["slots"].items()}
                          for name, check in self._checks.items()}
            waiting, self._waiting = self._waiting, []
        for task, names, resources in waiting:
            try:
                if error is not None:
                    raise error
                with self._lock:
                    name = self._best(names, resources)
                self._send(task, name, names, resources)
            except Exception as raised:
                self._fail(task.future, raised)

    def _send(self, task, name, names, resources):
        if name is None:
            self._fail(task.future, self._refusal(names, resources))
        elif task.future.cancelled():
            self.give(name, resources)
            self._fail(task.future, None)
        else:
            task.send_to(self._scheduler.take([name]))

    def _fail(self, future, error):
        """Ends it; one that was cancelled meanwhile tells those who wait for it."""
        self._scheduler.forget(future)
        try:
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
        except BaseException:  # of a callback of the program's own; others wait behind it
            sys.excepthook(*sys.exc_info())

    def _best(self, names, resources):
        """The fitting one with most free, counted as taken from it; None: none fits."""
        answered = [name for name in names if self._checks.get(name, {}).get("slots")]
        if self._checks and not answered:  # all are down: whichever is tried says why
            return min(names, key=self._scheduler.load)
        fitting = [name for name in answered if self._checks[name]["functional"]
                   and all(self._checks[name]["slots"].get(slot, {}).get("total", 0) >= count
                           for slot, count in resources.items())]
        if not fitting:
            return None
        best = max(fitting, key=lambda name: (self._room(name, resources), -self._scheduler.load(name)))
        self._count(best, resources, -1)
        return best

    def _room(self, name, resources):
        """How often they would find room there now; below 0: how many wait already."""
        return min(self._free[name][slot] / count for slot, count in resources.items())

    def _count(self, name, resources, times):
        free = self._free.get(name, {})
        for slot, count in resources.items():
            if slot in free:
                free[slot] += times * count

    def _refusal(self, names, resources):
        with self._lock:
            has = "; ".join(self._describe(name) for name in names)
        asked = ", ".join(f"{slot}={_amount(slot, count)}" for slot, count in resources.items())
        error = _errors.Refused(f"no node has {asked}: {has}")
        error.kind, error.reason = "refused", str(error)
        return error

    def _describe(self, name):
        check = self._checks.get(name, {})
        if not check.get("functional"):
            return check.get("reason") or f"{name} does not answer"
        slots = ", ".join(f"{slot}={_amount(slot, facts['total'])}" for slot, facts in check["slots"].items())
        return f"{name} has {slots}" if slots else f"{name} has a clusterd that knows no resources"


def _amount(slot, count):
    return f"{count / 2 ** 30:.1f}GiB" if slot == "memory" else count
