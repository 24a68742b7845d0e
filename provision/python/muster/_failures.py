"""The exceptions of the package, made from what the library says, and the other way round."""

import contextlib
import os
import traceback

from . import exceptions
from ._provision import StatusError

_CLASSES = {
    "INVALID_ARGUMENT": exceptions.ConfigurationError,
    "OUT_OF_RANGE": exceptions.ClusterSizeError,
    "DEADLINE_EXCEEDED": exceptions.TimeoutError,
}


@contextlib.contextmanager
def told(otherwise, not_found=None):
    """What the library says is wrong is raised as one of the package's: `not_found` of what is not there, and
    `otherwise` of what has no class of its own."""
    try:
        yield
    except StatusError as error:
        raised = made(error.args[0], error.args[1], otherwise, not_found)
    else:
        return
    raise raised from None  # not with the library's own before it


def made(code, message, otherwise, not_found=None):
    if code == "UNIMPLEMENTED":
        return NotImplementedError(message)
    kind = not_found if code == "NOT_FOUND" and not_found is not None else _CLASSES.get(code, otherwise)
    return kind(message)


def last_line(error):
    """What was raised and where, in one line: the last of its traceback."""
    lines = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()
    line = lines[-1] if isinstance(error, SyntaxError) else " ".join(filter(None, map(str.strip, lines)))
    if isinstance(error, SyntaxError) and error.filename:
        return f"{line} ({os.path.basename(error.filename)}, line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return line
    return f"{line} ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})"


def status_of(error, what):
    """A StatusError of what somebody's class raised while `what` was tried."""
    if isinstance(error, StatusError):
        return error
    code = "INTERNAL"
    if isinstance(error, (exceptions.InstanceNotFoundError, exceptions.ClusterNotFound)):
        code = "NOT_FOUND"
    elif isinstance(error, NotImplementedError):
        code = "UNIMPLEMENTED"
    return StatusError(code, f"{what}: {last_line(error)}")
