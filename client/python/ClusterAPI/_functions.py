"""How functions travel to nodes, and their results back. Nodes are trusted with nothing: of what they
send only plain values are taken (docs/values.md), unless the caller says that he trusts them."""

import base64
import pickle
import sys

# In one source; beyond it the function and its arguments travel as standard input.
MOST_IN_SOURCE = 1 << 20


def dump(function, args, kwargs):
    """By cloudpickle where it is installed, so that lambdas and what a script defines can travel."""
    try:
        import cloudpickle
    except ImportError:
        cloudpickle = pickle
    try:
        return cloudpickle.dumps((function, args, kwargs), protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        hint = "" if cloudpickle is not pickle else "; python3-cloudpickle, which is not installed here, may"
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name} and its arguments cannot be sent: {error}{hint}") from error


def to_cell(function, args, kwargs, trust_results):
    """(source, options) of the cell that calls it on a node."""
    if not callable(function):
        raise TypeError(f"a function has to be submitted, and not a {type(function).__name__}; "
                        "source runs with python(), a line of the shell with shell()")
    payload = dump(function, args, kwargs)
    version = tuple(sys.version_info[:2])
    if len(payload) > MOST_IN_SOURCE:
        return f"__import__('muster_task').call_input({bool(trust_results)}, {version})", {"input": payload}
    text = base64.b64encode(payload).decode()
    return f"__import__('muster_task').call('{text}', {bool(trust_results)}, {version})", {}


def result_of(outcome, trust_results):
    """What the function returned."""
    value = outcome.value()
    if not trust_results:
        return value
    is_pickled, value = value
    return pickle.loads(value) if is_pickled else value
