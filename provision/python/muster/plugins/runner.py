"""Runs plugins on the nodes of a cluster: in order, and what did not run yet."""

import contextlib
import sys
import threading
import traceback

from . import _connections, clustersetup, crash_report, loader
from .failure import Failure, cut
from .logger import console, lines_of, log
from .threadpool import ThreadPool

MOST_OF_TRACEBACK = 50_000  # characters in the debug file; what a command printed is in it


class Loaded:
    """A plugin that can be run: its section of the configuration, its class, and the object."""

    def __init__(self, section, kind):
        self.section, self.kind = section, kind
        self.name = section.name
        self.plugin = loader.made(section, kind)


def default_setup():
    """What runs before all others."""
    section = loader.Section("DefaultClusterSetup", loader.DEFAULT, {}, "")
    return Loaded(section, clustersetup.DefaultClusterSetup)


class Runner:
    """Calls hooks, one after the other. failures: those that failed so far."""

    def __init__(self, order):
        self._order = order
        self.failures = []
        self.is_interrupted = False

    def call(self, loaded, hook, node=None, nodes=None):
        """Calls a hook, for a node where it is about one; None, or the Failure. A plugin that has no on_add_node is run
        for the new node alone."""
        order = self._order
        nodes = order.nodes if nodes is None else nodes
        rest = (order.master, order.user, order.user_shell, {})
        name = node.alias if node is not None else ""
        if hook == "on_add_node" and not loader.has_hook(loaded.kind, hook):
            log.info("Plugin %s has no on_add_node: its run() is called for %s alone", loaded.name, name)
            return self._called(loaded, "run", ([node], *rest), name)
        if loaded.kind is not clustersetup.DefaultClusterSetup:
            what = f" ({hook} of {name})" if name else "" if hook == "run" else f" ({hook})"
            log.info("Running plugin %s%s", loaded.name, what)
        failure = self._called(loaded, hook, (node, nodes, *rest) if node is not None else (nodes, *rest), name)
        if failure is _IS_NONE:
            log.debug("plugin %s says that it has no %s", loaded.name, hook)
            return self._called(loaded, "run", ([node], *rest), name) if hook == "on_add_node" else None
        return failure

    def _called(self, loaded, hook, arguments, name):
        method = getattr(loaded.plugin, hook)
        try:
            with lines_of(name), _streams(), _threads(loaded.name):
                try:
                    method(*arguments)
                    self._finish(loaded.plugin)
                except BaseException:
                    for error in self._let_go():
                        log.error("%s", error)
                    raise
                for error in self._let_go():
                    raise error
        except NotImplementedError as error:
            if hook != "run" and _is_said_by(error, method):
                return _IS_NONE
            log.warning("NotImplementedError in %s of plugin %s: it is a failure, and not a hook that is not there",
                        hook, loaded.name)
            return self._failed(loaded, hook, error, name)
        except KeyboardInterrupt as error:
            self.is_interrupted = True
            _connections.stop_all()
            return self._failed(loaded, hook, error, name)
        except (Exception, SystemExit) as error:
            return self._failed(loaded, hook, error, name)
        return None

    @staticmethod
    def _finish(plugin):
        """What a plugin forgot: jobs of its pool that nobody waited for."""
        for pool in [one for one in vars(plugin).values() if isinstance(one, ThreadPool)]:
            pool.wait()

    def _let_go(self):
        """What a plugin forgot: files that it did not close, and users that it switched to. What could not be
        written, as exceptions."""
        failures = []
        for node in self._order.nodes:
            try:
                node.ssh.flush_files()
            except Exception as error:
                failures.append(error)
                node.ssh._give_up_files()
            node.ssh._user = None
        return failures

    def _failed(self, loaded, hook, error, name):
        failure = Failure(loaded.name, hook, error, name)
        self.failures.append(failure)
        log.error("%s", failure.report())
        log.debug("%s", cut("".join(traceback.format_exception(error)), MOST_OF_TRACEBACK))
        if not failure.is_expected and not isinstance(error, (KeyboardInterrupt, SystemExit)):
            path = crash_report.write(error, failure.line(), self._order.log_folder)
            if path:
                log.error("Crash report: %s", path)
        return failure


_IS_NONE = object()


@contextlib.contextmanager
def _streams():
    """What a plugin puts in the place of these is gone after it, and what it closed is open again. The log does not
    follow it."""
    before = sys.stdout, sys.stderr
    try:
        with console.keeping(before):
            yield
    finally:
        sys.stdout, sys.stderr = (
            open(number, "w", 1, "utf-8", "backslashreplace", closefd=False) if getattr(stream, "closed", False) else stream
            for number, stream in enumerate(before, 1))


@contextlib.contextmanager
def _threads(plugin):
    """Tells of threads that outlive the hook, and keep Python from ending."""
    before = set(threading.enumerate())
    try:
        yield
    finally:
        left = [one.name for one in threading.enumerate() if one not in before and not one.daemon]
        if left:
            log.warning("plugin %s left a thread running: %s; Python ends when it does (daemon=True: does not wait)",
                        plugin, ", ".join(left))


def _is_said_by(error, method):
    """Whether the hook itself raised it, or the one that it extends: that is how a plugin says that it has none."""
    frames = list(traceback.walk_tb(error.__traceback__))
    code = frames[-1][0].f_code
    own = getattr(getattr(method, "__func__", method), "__code__", None)
    return code is own or code.co_filename == clustersetup.__file__
