"""What went wrong in a plugin, for people."""

import os
import traceback

from . import exception

LINES = 20  # of a command's output
MOST = 1000  # characters of a message, which has the command in it
WIDEST = 300  # characters of such a line


class Failure:
    """One hook that failed.

    plugin, hook; nodes: names of those where it failed, as far as that is known; error: the exception
    """

    def __init__(self, plugin, hook, error, node=""):
        self.plugin, self.hook, self.error = plugin, hook, error
        self._parts = _parts(error, node)
        self.nodes = list(dict.fromkeys(name for name, _, _ in self._parts if name))
        self.is_expected = all(isinstance(one, exception.BaseException) for _, one, _ in self._parts)

    def line(self):
        """All of it in one line: plugin, hook, node, command, status, last lines, place in the plugin's file."""
        texts = [f"{f'on {name}: ' if name else ''}{_short(error)}" for name, error, _ in self._parts[:3]]
        more = f" (and {len(self._parts) - 3} more)" if len(self._parts) > 3 else ""
        return " ".join(f"plugin {self.plugin}: {self.hook} failed {'; '.join(texts)}{more}{self._place()}".split())

    def report(self):
        """The same with the last lines of each command."""
        lines = [f"Error occured while running plugin '{self.plugin}': {self.hook} failed"]
        for name, error, _ in self._parts:
            lines.append(f"  {name + ': ' if name else ''}{_head(error)}")
            lines += [f"    {cut(line, WIDEST)}" for line in list(getattr(error, "output", ()))[-LINES:]]
        if place := self._place():
            lines.append(f"  {place.strip()}")
        return "\n".join(lines)

    def text_of(self, name):
        """What is written down of that node."""
        for node, error, _ in self._parts:
            if node == name:
                return _short(error)
        return _short(self.error)

    def _place(self):
        here = os.path.dirname(os.path.abspath(__file__))
        frames = [frame for frame in traceback.extract_tb(self.error.__traceback__)
                  if os.path.dirname(os.path.abspath(frame.filename)) != here and "ClusterAPI" not in frame.filename]
        library = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
        frames = [frame for frame in frames if not frame.filename.startswith((library, "<frozen"))] or frames
        if not frames:
            return ""
        return f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}, in {frames[-1].name})"


def _parts(error, node):
    """(node, exception, text of its traceback) of each thing that failed."""
    if isinstance(error, exception.ThreadPoolException) and error.exceptions:
        return [(getattr(one, "node", "") or str(job), one, text) for one, text, job in error.exceptions]
    return [(getattr(error, "node", "") or node, error, "")]


def _head(error):
    return cut(_message(error), MOST)


def cut(text, most):
    """The text, without its middle when it is longer."""
    return text if len(text) <= most else f"{text[:most // 2]} … {text[-most // 2:]}"


def _message(error):
    if isinstance(error, exception.RemoteCommandFailed):
        return str(error.msg)
    if isinstance(error, exception.BaseException):
        return _text(error)
    text = "interrupted, and what ran was stopped" if isinstance(error, KeyboardInterrupt) else _text(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _text(error):
    try:
        return str(error)
    except Exception as other:
        return f"(its text cannot be made: {type(other).__name__})"


def _short(error):
    output = [cut(line, WIDEST) for line in getattr(error, "output", ()) if line][-3:]
    return f"{_head(error)}{': ' + ' | '.join(output) if output else ''}"
