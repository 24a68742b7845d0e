"""muster_task: what clients' libraries call on a node: functions that were sent, and values in pieces.
Compiled into clusterd-worker, which puts it into sys.modules and gives it `crosses(value)`: whether a
value crosses as data.
"""
import ast
import binascii
import builtins
import contextlib
import linecache
import pickle
import sys

PIECE = 65536  # characters


def call(text, trusts, version):
    """The result of a function; `text` is (function, args, kwargs), pickled, in base64."""
    return _call(binascii.a2b_base64(text), trusts, version)


def call_input(trusts, version):
    """As call(), of what is in the standard input."""
    return _call(sys.stdin.buffer.read(), trusts, version)


def _call(payload, trusts, version):
    here = sys.version_info[:2]
    if here != version:
        raise RuntimeError(f"the function was sent by Python {version[0]}.{version[1]}, and this node has "
                           f"{here[0]}.{here[1]}: functions cross between equal versions only")
    try:
        function, args, kwargs = pickle.loads(payload)
    except ModuleNotFoundError as error:
        if error.name == "cloudpickle":
            raise ModuleNotFoundError("this node has no cloudpickle, which the function needs: install "
                                      "python3-cloudpickle there") from None
        raise ModuleNotFoundError(f"this node has no module {error.name}, which the function needs: install it "
                                  f"there, or call cloudpickle.register_pickle_by_value({error.name}) first",
                                  name=error.name) from None
    result = function(*args, **kwargs)
    if trusts:
        return _trusted(result)
    if not crosses(result):
        kind = type(result)
        raise TypeError(f"the result is a {kind.__module__}.{kind.__qualname__}, or holds what is no plain value; "
                        "cluster.on(trust_results=True) lets it travel pickled")
    return result


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
