"""How functions travel to nodes, and their results back. Nodes are trusted with nothing: of what they
send only plain values are taken (docs/values.md), unless the caller says that he trusts them."""

import binascii
import pickle
import sys
import types

# In one source; beyond it the function and its arguments travel as standard input.
MOST_IN_SOURCE = 1 << 20
# The memory of an array that is larger travels as standard input, without a copy.
LEAST_BUFFER = 1 << 18


_PLAIN = frozenset((int, float, str, bytes, bool, type(None)))


def _goes_by_name(function):
    """Whether it is the interpreter's own, which every node has: such need no cloudpickle."""
    return type(function) is types.BuiltinFunctionType and function.__module__ in sys.builtin_module_names


def dump(function, args, kwargs):
    """The pickled call, and the memory of large arrays in it, which is not copied. By cloudpickle where it is
    installed, so that lambdas and what a script defines can travel."""
    if not kwargs and _goes_by_name(function) and _PLAIN.issuperset(map(type, args)):
        return pickle.dumps((function, args, kwargs), protocol=5), ()
    cloudpickle = _cloudpickle()
    buffers = []

    def stays_in(buffer):
        try:
            memory = buffer.raw()
        except BufferError:
            return True  # it is in pieces
        if memory.nbytes < LEAST_BUFFER:
            return True
        buffers.append(memory)
        return False

    try:
        return cloudpickle.dumps((function, args, kwargs), protocol=5, buffer_callback=stays_in), buffers
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        hint = "" if cloudpickle is not pickle else "; python3-cloudpickle, which is not installed here, may"
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name} and its arguments cannot be sent: {error}{hint}") from error


def _cloudpickle():
    """It, or pickle."""
    global _chosen
    if _chosen is None:
        try:
            import cloudpickle
        except ImportError:
            cloudpickle = pickle
        _chosen = cloudpickle
    return _chosen


_chosen = None
_VERSION = tuple(sys.version_info[:2])


def to_cell(function, args, kwargs, trust_results):
    """(source, pieces of the standard input or None) of the cell that calls it on a node."""
    if not callable(function):
        raise TypeError(f"a function has to be submitted, and not a {type(function).__name__}; "
                        "source runs with python(), a line of the shell with shell()")
    payload, buffers = dump(function, args, kwargs)
    if buffers or len(payload) > MOST_IN_SOURCE:
        pieces = [payload, *buffers]
        sizes = [memoryview(piece).nbytes for piece in pieces]
        return f"__import__('muster_task').call_input({sizes}, {trust_results}, {_VERSION})", pieces
    text = binascii.b2a_base64(payload, newline=False).decode()
    return f"__import__('muster_task').call('{text}', {trust_results}, {_VERSION})", None


def value_of(outcome):
    """What a cell came to; None when it ended without an expression."""
    if outcome.is_data:
        return outcome.value()
    text = outcome.text()
    if not text:
        return None
    shown = text if len(text) <= 60 else f"{text[:60]}..."
    error = TypeError(f"{outcome.node}: the value {shown} is no plain value, and does not cross as data "
                      "(docs/values.md): let the cell end with what is, as repr() or list() of it, or with None")
    error.node, error.text = outcome.node, text
    raise error


def result_of(outcome, trust_results):
    """What the function returned."""
    value = outcome.value()
    if not trust_results:
        return value
    is_pickled, value = value
    return pickle.loads(value) if is_pickled else value
