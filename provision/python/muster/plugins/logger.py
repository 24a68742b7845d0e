"""The log of plugins: what people see, and the debug file.

    from muster.plugins import log        # or: from starcluster.logger import log
    log.info("on the screen, and in the debug file")
    log.debug("in the debug file; on the screen with --debug")
"""

import contextlib
import contextvars
import logging
import os
import shutil
import sys
import textwrap
import threading
import traceback
from logging import CRITICAL, DEBUG, ERROR, FATAL, INFO, WARN  # noqa: F401 (names that plugins import)

from .debug_file import DebugFile

INFO_NO_NEWLINE = INFO + 1  # a level whose lines have no end
logging.addLevelName(INFO_NO_NEWLINE, "INFO")
logging.addLevelName(INFO, "INFO")  # who sets a level by this name means this one

INFO_FORMAT = ">>> %(message)s\n"
DEBUG_FORMAT = "%(filename)s:%(lineno)d - %(levelname)s - %(message)s\n"
WARN_FORMAT = "*** WARNING - %(message)s\n"
ERROR_FORMAT = "!!! ERROR - %(message)s\n"
FILE_FORMAT = "%(asctime)s PID: %(process)d %(filename)s:%(lineno)d - %(levelname)s - %(node)s%(message)s"

# Which node this thread works for: its lines in the debug file begin with it.
current_node = contextvars.ContextVar("node", default="")


class Log(logging.Logger):
    """A logger of Python's, whose warn() and fatal() are as good as the others."""

    def warn(self, msg, *args, **kwargs):
        kwargs.setdefault("stacklevel", 2)
        self.warning(msg, *args, **kwargs)

    fatal = logging.Logger.critical

    def makeRecord(self, *args, **kwargs):
        """What cannot be put together is a line of the log all the same, and no error of it."""
        record = super().makeRecord(*args, **kwargs)
        try:
            record.msg, record.args = record.getMessage(), ()
        except Exception as error:
            record.msg, record.args = f"{record.msg!r} with {_shown(record.args)} ({type(error).__name__}: {error})", ()
        return record


def _shown(values):
    try:
        return repr(values)
    except Exception:
        return "values that have no text"


class Screen(logging.Handler):
    """What people see: errors on standard error, all else on standard output. `extra` of a call may have __raw__ (as
    it is), __nonewline__ (without an end of the line), __textwrap__ (as wide as the terminal)."""

    def __init__(self):
        super().__init__(INFO)
        self._turn = threading.Lock()
        self._kept = None

    @contextlib.contextmanager
    def keeping(self, streams):
        """In the block lines go to these, (stdout, stderr), whatever is put in the place of sys.stdout and closed."""
        before, self._kept = self._kept, streams
        try:
            yield
        finally:
            self._kept = before

    def emit(self, record):
        try:
            is_error = record.levelno >= ERROR
            stream = (self._kept or (sys.stdout, sys.stderr))[is_error]
            with self._turn:
                text = self.format(record)
                if getattr(stream, "closed", False):
                    with open(2 if is_error else 1, "wb", buffering=0, closefd=False) as anew:
                        anew.write(text.encode("utf-8", "backslashreplace"))
                    return
                try:
                    stream.write(text)
                except UnicodeEncodeError as error:
                    stream.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
                stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads it
        except Exception:
            self.handleError(record)

    def format(self, record):
        text = record.getMessage()
        marks = vars(record)
        if marks.get("__raw__"):
            whole = text
        else:
            form = _form(record.levelno).removesuffix("\n")
            values = marks | {"message": ""}
            begin = form % values
            lines = [text]
            if marks.get("__textwrap__"):
                width = max(20, shutil.get_terminal_size().columns - len(begin))
                lines = textwrap.wrap(text, width, replace_whitespace=False) or [""]
            whole = "\n".join(begin + line for line in lines)
        if record.exc_info and record.exc_info[0] is not None:
            whole += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return whole if marks.get("__nonewline__") or record.levelno == INFO_NO_NEWLINE else whole + "\n"


def _form(level):
    if level >= ERROR:
        return ERROR_FORMAT
    if level >= WARN:
        return WARN_FORMAT
    return INFO_FORMAT if level >= INFO else DEBUG_FORMAT


class _FileFormatter(logging.Formatter):
    def format(self, record):
        node = current_node.get()
        record.node = f"[{node}] " if node else ""
        return super().format(record)


def _made():
    """The logger of that name, for everybody who asks logging for it."""
    before = logging.getLoggerClass()
    logging.setLoggerClass(Log)
    try:
        return logging.getLogger("starcluster")
    finally:
        logging.setLoggerClass(before)


log = _made()
log.setLevel(DEBUG)
log.propagate = False
_screen = Screen()
log.addHandler(_screen)
console = _screen
_configured = (None, False)
session = None  # StarCluster's memory handler; the debug file is what there is


def configure(folder=None, debug=False):
    """Where the log goes from now on. `folder`: of debug.log; None: there is none. `debug`: debug lines on the screen,
    too. Returns what it was before."""
    global _configured
    before, _configured = _configured, (folder, debug)
    for handler in [handler for handler in log.handlers if isinstance(handler, DebugFile)]:
        log.removeHandler(handler)
    _screen.setLevel(DEBUG if debug else INFO)
    if folder:
        try:
            file = DebugFile(os.path.join(folder, "debug.log"))
        except OSError as error:
            log.warning("there is no debug file in %s: %s", folder, error)
            return before
        file.setFormatter(_FileFormatter(FILE_FORMAT))
        log.addHandler(file)
    return before


def default_folder():
    """Where the debug file is unless somebody says otherwise."""
    return os.path.join(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state"), "muster", "logs")


@contextlib.contextmanager
def lines_of(node):
    """What this thread logs in the block is about that node."""
    token = current_node.set(node)
    try:
        yield
    finally:
        current_node.reset(token)


def get_starcluster_logger():
    """The log."""
    return log


def configure_sc_logging(use_syslog=False):
    """As configure(), with the usual folder."""
    configure(default_folder())


def configure_paramiko_logging():
    """There is no paramiko here."""


configure_boto_logging = configure_ssh_logging = configure_paramiko_logging
