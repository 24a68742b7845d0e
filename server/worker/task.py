"""muster_task: what clients' libraries call on a node: functions that were sent, and values in pieces.
Compiled into clusterd-worker, which puts it into sys.modules and gives it `crosses(value)`: whether a
value crosses as data.
"""
import ast
import binascii
import builtins
import contextlib
import linecache
import os
import pickle
import sys

PIECE = 65536  # characters
KEYS = (int, float, str, bytes, bool, type(None))  # of a dict that crosses
MISSING = object()


def call(text, trusts, version):
    """The result of a function; `text` is (function, args, kwargs), pickled, in base64."""
    return _call(binascii.a2b_base64(text), (), trusts, version)


def call_input(sizes, trusts, version):
    """As call(), of what is in the standard input, in pieces of these sizes: it, and the memory of arrays in it, which
    stays where it was read."""
    payload, *buffers = map(_read, sizes)
    return _call(payload, buffers, trusts, version)


def _read(size):
    data = bytearray(size)
    left = memoryview(data)
    while left:
        count = sys.stdin.buffer.readinto(left)
        if not count:
            raise EOFError("the arguments of the function did not arrive whole")
        left = left[count:]
    return data


_environment = os.environ


def _call(payload, buffers, trusts, version):
    """Takes out of the environment what came into it: some modules put something there as they are imported, and a
    worker with another environment is not used again."""
    before = set(_environment._data)
    try:
        return _call_there(payload, buffers, trusts, version)
    finally:
        for name in _environment._data.keys() - before:
            del _environment[os.fsdecode(name)]


def _call_there(payload, buffers, trusts, version):
    here = sys.version_info[:2]
    if here != version:
        raise RuntimeError(f"the function was sent by Python {version[0]}.{version[1]}, and this node has "
                           f"{here[0]}.{here[1]}: functions cross between equal versions only")
    try:
        function, args, kwargs = pickle.loads(payload, buffers=buffers)
    except ModuleNotFoundError as error:
        if error.name == "cloudpickle":
            raise ModuleNotFoundError("this node has no cloudpickle, which the function needs: install "
                                      "python3-cloudpickle there") from None
        raise ModuleNotFoundError(f"this node has no module {error.name}, which the function needs: install it "
                                  f"there, or call cloudpickle.register_pickle_by_value({error.name}) first",
                                  name=error.name) from None
    try:
        result = function(*args, **kwargs)
    except SystemExit as stop:
        raise RuntimeError(f"the function called sys.exit({'' if stop.code is None else repr(stop.code)})") from stop
    if trusts:
        return _trusted(result)
    if not crosses(result):
        raise TypeError(f"the result is {_what_is_wrong(result)}; cluster.on(trust_results=True) lets it travel pickled")
    return result


def _name(kind):
    return f"{kind.__module__}.{kind.__qualname__}"


def _what_is_wrong(result):
    """Of a result that does not cross: "a builtins.list with a builtins.set at [1]['a'], which is no plain value"."""
    value, place = result, ""
    for _ in range(100):  # it may hold itself
        kind = type(value)
        if kind is dict:
            wrong = next((key for key in value if type(key) not in KEYS), MISSING)
            if wrong is not MISSING:
                return (f"a {_name(type(result))} with a {_name(type(wrong))} among the keys of {place or 'it'}, and keys "
                        "may be numbers, text, bytes and None")
            items = value.items()
        elif kind in (list, tuple):
            items = enumerate(value)
        else:
            break
        found = next(((key, item) for key, item in items if not crosses(item)), None)
        if found is None:
            return f"a {_name(type(result))} that is too large"
        key, value = found
        place += f"[{repr(key)[:60]}]"
    else:
        return f"a {_name(type(result))} that is too deep, or holds itself"
    what = _name(type(value))
    if what == "numpy.ndarray":
        what += f" of {value.dtype}"
    if not place:
        return f"a {what}, which is no plain value"
    return f"a {_name(type(result))} with a {what} at {place}, which is no plain value"


def _trusted(result):
    """(whether it is pickled, it)."""
    if type(result) in (int, float, bool, str, bytes, type(None)):
        return False, result
    try:
        import cloudpickle
    except ImportError:
        cloudpickle = pickle
    return True, cloudpickle.dumps(result, protocol=5)


def stream(source):
    """Runs the cell and writes str() of its value to the standard output, in pieces; of an iterator that
    of each item, as it comes. What the cell prints goes to the standard error."""
    out = sys.stdout.buffer
    name = "<formula>"
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    tree = ast.parse(source, name, "exec")
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    space = {"__name__": "__main__", "__builtins__": builtins}
    with contextlib.redirect_stdout(sys.stderr):
        exec(compile(tree, name, "exec"), space)
        if last is None:
            return
        value = eval(compile(last, name, "eval"), space)
        for item in value if hasattr(value, "__next__") else (value,):
            text = str(item)
            for start in range(0, len(text), PIECE):
                out.write(text[start:start + PIECE].encode("utf-8", "surrogatepass"))
            out.flush()
