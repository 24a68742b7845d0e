"""%%cluster and %cluster in IPython and Jupyter: `%load_ext ClusterAPI`."""

import argparse
import atexit
import codecs
import os
import shlex
import sys
import weakref

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from . import _display, _errors, _functions
from ._cluster import View, connect
from ._stream import Followed

HELP = """Runs a cell, or a line, on the nodes of the cluster, as Python or as a line of the shell."""
EXAMPLES = """
What it prints appears at once, with the node in front where there are several. What its last expression
comes to is shown as a table, and is `_` afterwards. Ctrl-C stops it on all nodes.

  %cluster 6 * 7                      Python on all nodes
  %cluster -t n1 --shell uptime       the shell of one node
  %%cluster n[1-2] -o hosts           a cell; hosts is {node: value} then
  %%cluster --session                 what the cell defines stays, for other cells with --session
"""


class CellFailed(_errors.RemoteError):
    """A cell did not end well on a node, or on several. What is shown of it is the nodes' own tracebacks.

    outcomes: {node: outcome} of those
    """

    def _render_traceback_(self):
        alike = {}
        for node, outcome in self.outcomes.items():
            text = outcome.exception[2] if outcome.exception is not None else outcome.describe() + "\n"
            alike.setdefault(text, []).append(node)
        lines = []
        for text, nodes in alike.items():
            lines.append(f"{_display.fold(nodes)}:")
            lines += map(_display.visible, text.rstrip("\n").split("\n"))
        return lines + ["", f"CellFailed: {self}"]


def _failed(outcomes):
    first = _errors.make(next(iter(outcomes.values())))
    others = f"; and on {_display.fold(list(outcomes)[1:])}" if len(outcomes) > 1 else ""
    error = CellFailed(f"{_display.visible(first)}{others}")
    error.node, error.kind, error.reason, error.traceback = first.node, first.kind, first.reason, first.traceback
    error.outcomes = outcomes
    return error


class Prefixed:
    """What nodes print, line by line, each with its node in front when there are several. On a terminal
    what could act on it is shown as text."""

    MOST = 1 << 16  # characters of a line that has no end

    def __init__(self, nodes):
        self._has_prefix = len(nodes) > 1
        self._open = {}  # (node, is stdout): its decoder, and the line that has no end yet

    def write(self, node, is_stdout, data):
        decoder, line = self._open.get((node, is_stdout)) or (
            codecs.getincrementaldecoder("utf-8")("backslashreplace"), "")
        *lines, line = (line + decoder.decode(data)).split("\n")
        if not self._has_prefix or len(line) > self.MOST:
            lines.append(line)
            self._say(node, is_stdout, "\n".join(lines), "")
            line = ""
        elif lines:
            self._say(node, is_stdout, "\n".join(lines), "\n")
        self._open[node, is_stdout] = decoder, line

    def finish(self):
        for (node, is_stdout), (decoder, line) in self._open.items():
            line += decoder.decode(b"", True)
            if line:
                self._say(node, is_stdout, line, "\n" if self._has_prefix else "")

    def _say(self, node, is_stdout, text, end):
        stream = sys.stdout if is_stdout else sys.stderr
        prefix = f"{node}: " if self._has_prefix else ""
        if stream.isatty():
            text = "\n".join("\t".join(map(_display.visible, line.split("\t"))) for line in text.split("\n"))
        stream.write(prefix + text.replace("\n", "\n" + prefix) + end)
        stream.flush()


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UsageError(message)


def _parser():
    parser = _Parser("%%cluster", description=HELP, epilog=EXAMPLES, add_help=False,
                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nodes", nargs="?", metavar="TARGETS", help="which nodes; only of a cell, a line has -t")
    parser.add_argument("-t", "--targets", help="which nodes: n1, n[1-3], 1-3, @group; all, if not said")
    parser.add_argument("-s", "--shell", action="store_true", help="for the nodes' shell, not for Python")
    parser.add_argument("-k", "--session", action="store_true", help="keep what it defines for further cells")
    parser.add_argument("-o", "--output", metavar="NAME", help="{node: value} goes there, and is not shown")
    parser.add_argument("-d", "--deadline", type=float, metavar="SECONDS", help="stop it then")
    parser.add_argument("-c", "--on", metavar="NAME", help="a variable that is a cluster, or a view of one; "
                        "the cluster of the configuration, if not said")
    parser.add_argument("-h", "--help", action="store_true", help="this text")
    return parser


WITH_VALUE = ("-t", "--targets", "-o", "--output", "-d", "--deadline", "-c", "--on")


def _split_line(line):
    """The options in front of a line, and the code behind them as it was written."""
    words = []
    rest = line.strip()
    while rest.startswith("-"):
        word, _, after = rest.partition(" ")
        if not word.startswith("--") and not word[1:2].isalpha():
            break  # a negative number
        if word == "--":
            return words, after.strip()
        words.append(word)
        rest = after.strip()
        if word in WITH_VALUE:
            value, _, rest = rest.partition(" ")
            words.append(value)
            rest = rest.strip()
    return words, rest


@magics_class
class ClusterMagics(Magics):
    """The magics of one shell. Lives on its main thread."""

    def __init__(self, shell):
        super().__init__(shell)
        self._cluster = None
        self._pid = os.getpid()
        self._session = f"ipython-{self._pid}"
        self._used = set()  # (cluster, targets) that have our session
        self._parser = _parser()

    @no_var_expand
    @line_cell_magic
    def cluster(self, line, cell=None):
        if cell is None:
            words, cell = _split_line(line)
        else:
            words = shlex.split(line)
        given = self._parser.parse_args(words)
        if given.help or not cell.strip():
            print(self._parser.format_help())
            return None
        if given.nodes and given.targets:
            raise UsageError("the targets are there twice")
        if given.session and given.shell:
            raise UsageError("--session keeps names of Python; it does not go with --shell")
        values = self._run(given, cell)
        if given.output:
            self.shell.user_ns[given.output] = values
        is_shown = not given.output and not given.shell and any(value is not None for value in values.values())
        return values if is_shown else None

    def _view(self, name):
        if name is None:
            if self._cluster is None:
                self._cluster = connect()
            return self._cluster
        view = self.shell.user_ns.get(name)
        if not isinstance(view, View):
            raise UsageError(f"{name} is no cluster of ClusterAPI.connect() or local(), and no view of one")
        return view

    def _run(self, given, cell):
        view = self._view(given.on)
        targets = given.targets or given.nodes
        chosen = view._target_list(targets)
        options = dict(view._options)
        if given.deadline is not None:
            options["deadline"] = given.deadline
        if given.session:
            options["session"] = self._session
            self._used.add((weakref.ref(view._scheduler), tuple(chosen)))
        followed = Followed(view._native, chosen, True, "shell" if given.shell else "python", cell,
                            "repr" if given.shell else "data", options)
        ended = self._follow(followed)
        failed = {node: outcome for node, outcome in ended.items() if not outcome.ok}
        values = _display.Results((node, outcome.exit_code if given.shell else _functions.value_of(outcome))
                                  for node, outcome in ended.items() if outcome.ok)
        if failed:
            if given.output:
                self.shell.user_ns[given.output] = values
            raise _failed(failed)
        return values

    @staticmethod
    def _follow(followed):
        """{node: outcome}, when all have ended. Ctrl-C stops them and waits for their end; once more, and
        nobody waits."""
        writer = Prefixed(followed.nodes)
        ended = {}
        says = iter(followed)
        interrupt = None
        try:
            while True:
                try:
                    for token, output, outcome in says:
                        for is_stdout, data in output:
                            writer.write(followed.nodes[token], is_stdout, data)
                        if outcome is not None:
                            ended[followed.nodes[token]] = outcome
                    break
                except KeyboardInterrupt as error:
                    if interrupt is not None:
                        raise
                    interrupt = error
                    followed.cancel()
                    says = iter(followed)
        finally:
            followed.leave()
            writer.finish()
        if interrupt is not None:
            raise interrupt
        return {node: ended[node] for node in followed.nodes.values() if node in ended}

    def close(self):
        """Ends the sessions that it opened."""
        if os.getpid() != self._pid:
            return  # of a fork: they are its parent's
        used, self._used = self._used, set()
        for cluster, nodes in used:
            scheduler = cluster()
            if scheduler is None:
                continue  # the cluster is gone
            for node in nodes:
                try:
                    scheduler.native.close_session(node, self._session)
                except Exception:
                    pass  # the cluster was closed


ClusterMagics.cluster.__doc__ = _parser().format_help()
_loaded = {}


def load(shell):
    magics = _loaded.get(id(shell))
    if magics is None:
        magics = _loaded[id(shell)] = ClusterMagics(shell)
        atexit.register(magics.close)
    shell.register_magics(magics)


def unload(shell):
    magics = _loaded.pop(id(shell), None)
    if magics is not None:
        atexit.unregister(magics.close)
        magics.close()
        shell.magics_manager.magics["line"].pop("cluster", None)
        shell.magics_manager.magics["cell"].pop("cluster", None)
