"""Runs one notebook cell in this process. Compiled into clusterd-worker; users' code never imports it.

`run` gets the source and functions of the worker: `send_value(piece)`, `send_exception(type, message,
traceback, line, errno, causes)` and, when the value is wanted as data, `send_data(value)`, which says
whether it is one that crosses so. It returns whether there was a value, and whether it was data.
"""
import builtins
import linecache
import os
import re
import sys
import warnings
# By their names: a cell that puts something else into these modules does not change what its successors get.
from ast import Expr, Expression, parse
from os import _exit, getpid
from traceback import format_exception, format_tb, print_exception, walk_tb

FILENAME = "<command>"
PIECE = 65536  # bytes of text in one frame
MOST_TEXT = 262144  # bytes of a message or a traceback
SHORT = 4096  # bytes of the message of a cause
MOST_CAUSES = 16


def encode(text):
    """Text as UTF-8; lone surrogates pass through."""
    return text.encode("utf-8", "surrogatepass")


def clip(text, most=MOST_TEXT):
    """The start and the end of a text that is too long for one frame, as bytes."""
    data = encode(text)
    if len(data) <= most:
        return data
    half = most // 2
    return data[:half] + b"\n... cut here ...\n" + data[-half:]


# How clients call a function that they send: as base64, and then what is the same for many.
CALL = re.compile(r"(__import__\('muster_task'\)\.call\(')([A-Za-z0-9+/=]*)(', (?:True|False), \(\d+, \d+\)\))")
TEXT = "TEXT"  # in the place of the base64
calls = {}  # by what is the same: the code


def compile_call(call, filename):
    """The expression of such a call, which is not compiled again, but has another text among its constants."""
    begin, text, end = call.groups()
    code = calls.get(end)
    if code is None:
        code = compile(begin + TEXT + end, filename, "eval")
        if len(calls) < 16:
            calls[end] = code
    constants = tuple([text if constant == TEXT else constant for constant in code.co_consts])
    return code.replace(co_consts=constants, co_filename=filename)


def compile_cell(source, filename=FILENAME):
    """The statements, and the expression at the end if there is one, as two code objects."""
    if (call := CALL.fullmatch(source)) is not None:
        return None, compile_call(call, filename)
    tree = parse(source, filename, "exec")
    last = None
    if tree.body and isinstance(tree.body[-1], Expr):
        last = Expression(tree.body.pop().value)
    statements = compile(tree, filename, "exec") if tree.body else None
    return statements, compile(last, filename, "eval") if last else None


class Lines(dict):
    """linecache's entries; that of a cell is made when somebody asks for it. `find` gets the file name
    of its code, which is an object of its own for each cell, and returns the source, or None."""

    def __init__(self, entries, find):
        super().__init__(entries)
        self.find = find

    def __missing__(self, filename):
        source = self.find(filename)
        if source is None:
            raise KeyError(filename)
        return len(source), None, source.splitlines(True), filename

    def __contains__(self, filename):
        return super().__contains__(filename) or self.find(filename) is not None

    def get(self, filename, default=None):
        return self[filename] if filename in self else default


def show_lines(find):
    linecache.cache = Lines(linecache.cache, find)


def watch_warnings(note):
    """Has `note` called for each warning that is shown."""
    show = warnings._showwarnmsg

    def _showwarnmsg(message):
        note()
        show(message)

    warnings._showwarnmsg = _showwarnmsg


def name_of(error):
    """As a traceback names it: without the module for what needs no import."""
    kind = type(error)
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def text_of(error):
    try:
        return str(error)
    except BaseException as second:  # a __str__ of the user's own that raises
        return f"<{type(second).__name__} while this exception was printed>"


def causes_of(error):
    """What the exception came from, the nearest first, as (type, message, explicit)."""
    causes, seen = [], {id(error)}
    while len(causes) < MOST_CAUSES:
        explicit = error.__cause__ is not None
        error = error.__cause__ if explicit else (
            None if error.__suppress_context__ else error.__context__)
        if error is None or id(error) in seen:
            break
        seen.add(id(error))
        causes.append((clip(name_of(error), SHORT), clip(text_of(error), SHORT), explicit))
    return causes


def describe(error, send_exception):
    """Sends the exception without the frames of this file."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    line = 0
    for frame, number in walk_tb(frames):
        if frame.f_code.co_filename == FILENAME:
            line = number
    message = text_of(error)
    try:
        if isinstance(error, SyntaxError) and error.filename == FILENAME:
            message, line = error.msg, error.lineno
        text = "".join(format_exception(type(error), error, frames))
    except BaseException:  # printing it calls the user's code
        text = "".join(format_tb(frames))
    error_number = error.errno if isinstance(error, OSError) else 0
    if not isinstance(error_number, int) or not 0 <= error_number < 65536:
        error_number = 0  # the user's own class, or none
    send_exception(clip(name_of(error)), clip(message), clip(text), line or 0, error_number,
                   causes_of(error))


def flush():
    """Python's own buffers; the worker flushes C's."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # the code closed or replaced it


def end_fork(owner, code):
    """Ends a process that the code forked and that ran on to the end of the cell: the value and the
    exception are the worker's alone to send."""
    if getpid() != owner:
        flush()
        _exit(code)


def exit_code_of(stop):
    """What a SystemExit makes of the process; prints what is no number, as Python does."""
    code = stop.code or 0
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    return code & 255


def end_child(error):
    """Ends a process that the code forked, as end_fork, of a cell that ended with this, or None."""
    code = 0
    if isinstance(error, SystemExit):
        code = exit_code_of(error)
    elif error is not None:
        print_exception(error)
        code = 1
    flush()
    _exit(code)


def run(source, as_str, environment, send_value, send_exception, send_data):
    """Runs `source` (bytes). Returns (exit code, whether there is a value, whether it is data)."""
    owner = getpid()
    os.environ.update(environment)
    sys.set_int_max_str_digits(0)
    namespace = sys.modules["__main__"].__dict__
    namespace.clear()
    # multiprocessing looks for __spec__.
    namespace.update(__name__="__main__", __builtins__=builtins, __spec__=None)
    try:
        text = source.decode("utf-8", "surrogatepass")
        linecache.cache[FILENAME] = (len(text), None, text.splitlines(True), FILENAME)
        statements, expression = compile_cell(text)
        if statements is not None:
            exec(statements, namespace)
        value = eval(expression, namespace) if expression is not None else None
        end_fork(owner, 0)
        if expression is None:
            return 0, False, False
        if send_data is not None and send_data(value):
            return 0, True, True
        data = encode(str(value) if as_str else repr(value))
        for start in range(0, len(data), PIECE):
            send_value(data[start:start + PIECE])
        return 0, True, False
    except SystemExit as stop:
        code = exit_code_of(stop)
        end_fork(owner, code)
        return code, False, False
    except BaseException as error:
        if getpid() != owner:
            print_exception(error)
        end_fork(owner, 1)
        describe(error, send_exception)
        return 1, False, False
    finally:
        flush()
