"""The exceptions of the module, made from what a node said."""

import builtins
import re
import sys
from concurrent.futures import CancelledError


class RemoteError(RuntimeError):
    """What ran on a node, or should have, did not end well. str() is one line that names the node.

    node: the node's name; empty when the target that was asked for does not exist
    kind: how it ended: failed, signalled, timed_out, cancelled, out_of_memory, limit,
        start_failed, refused, unreachable, lost, skipped or unkillable
    reason: one line, as "ZeroDivisionError: division by zero (line 1)"
    traceback: the traceback of the node's Python; empty when there is none
    problems: of files, one line for each that was not copied
    """

    node = kind = reason = traceback = ""
    problems = ()


class NodeUnreachable(RemoteError):
    """The node could not be reached; nothing was started."""


class NodeLost(RemoteError):
    """The node or the connection ended in the middle; whether the work finished is not known."""


class Refused(RemoteError):
    """Nothing was started; reason says why."""


class DeadlineExceeded(RemoteError, TimeoutError):
    """The deadline passed, and the work was stopped."""


class Cancelled(RemoteError, CancelledError):
    """The work was stopped; reason says by whom."""


_CLASSES = {"unreachable": NodeUnreachable, "lost": NodeLost, "refused": Refused, "skipped": Refused,
            "timed_out": DeadlineExceeded, "cancelled": Cancelled}

# What stands in a traceback for the one line that calls a function that was sent.
_OURS = re.compile(r'^  File "<(?:command|muster_task)>", line .*\n(?:    .*\n)*', re.MULTILINE)


def make(outcome, is_task=False):
    """The RemoteError for an outcome that is not ok. `is_task`: of a function that was sent."""
    line = outcome.describe()
    error = _CLASSES.get(outcome.kind, RemoteError)(f"{outcome.node}: {line}" if outcome.node else line)
    error.node, error.kind = outcome.node, outcome.kind
    error.reason = line[len(outcome.kind) + 2:]
    if outcome.exception is not None:
        error.traceback = outcome.exception[2]
        if is_task:
            error.traceback = _OURS.sub("", error.traceback)
    return error


def _of_kind(kind, reason, node):
    error = _CLASSES[kind](f"{node}: {kind}: {reason}" if node else f"{kind}: {reason}")
    error.node, error.kind, error.reason = node, kind, reason
    return error


def refused(reason, node=""):
    """A Refused for what this library does not begin."""
    return _of_kind("refused", reason, node)


def unreachable(reason, node):
    return _of_kind("unreachable", reason, node)


def nodes_of(native, target):
    """[(name, address)] of a target; Refused when it names none."""
    try:
        return native.nodes(target)
    except RuntimeError as error:
        reason = str(error)
    raise refused(reason)


def class_named(name):
    """The exception class of a full name, if it is a builtin or its module is imported here; else None.
    Nothing is imported because a node named it."""
    module, _, words = name.rpartition(".")
    owner = builtins if not module else sys.modules.get(module)
    # Not getattr(): a module may import more when it is asked for a name.
    found = vars(owner).get(words) if owner is not None else None
    # Generators and coroutines take those two for their own end.
    if isinstance(found, type) and issubclass(found, Exception) and \
            not issubclass(found, (StopIteration, StopAsyncIteration)):
        return found
    return None


_OS_ERROR = re.compile(r"\[Errno (\d+)\] (.*?)(?:: ('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def _arguments(kind, message):
    """What an exception of this class was made with, as far as its text tells. A terminal does not act on it."""
    import ast
    try:
        if kind is KeyError:
            return (ast.literal_eval(message),)
        if issubclass(kind, OSError) and kind.__module__ == "builtins" and (parts := _OS_ERROR.fullmatch(message)):
            number, text, name = parts.groups()
            return (int(number), text) if name is None else (int(number), text, ast.literal_eval(name))
    except (ValueError, SyntaxError):
        pass  # another text
    return (_CONTROLS.sub(lambda found: f"\\x{ord(found.group()):02x}", message),)


def raised_there(outcome):
    """What a caller of a function that was sent should see: the node's own exception where its class is
    known here, with the RemoteError as its cause; else the RemoteError."""
    remote = make(outcome, is_task=True)
    if outcome.kind != "failed" or outcome.exception is None:
        return remote
    name, message = outcome.exception[:2]
    kind = class_named(name)
    if kind is None:
        return remote
    try:
        # Its own constructor may want more than a message, or do anything.
        args = _arguments(kind, message)
        error = kind(*args) if len(args) > 1 else kind.__new__(kind, *args)
        error.args = args
        error.__cause__ = remote
        error.node, error.reason, error.traceback = remote.node, remote.reason, remote.traceback
        str(error)
    except Exception:
        return remote
    return error
