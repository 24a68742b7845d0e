"""What a program of C++ runs on its private node to use providers and setups that are classes of Python: texts in
and a text out. Objects are kept in the worker that made them, by their records."""

import functools
import json

from . import _failures, _records, exceptions
from ._foreign import ProviderAdapter, SetupAdapter
from ._provision import StatusError

_ADAPTERS = {"cloud_provider": ProviderAdapter, "setup_provider": SetupAdapter}


@functools.lru_cache(maxsize=64)
def _adapter(what, record_text):
    return _ADAPTERS[what](_records.object_of(json.loads(record_text), what, remedy=""))


def _json(value):
    """As others read it, too: a lone surrogate, as names of files that are no UTF-8 have, becomes a question mark."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _plugins(order_text, method):
    from .plugins import _door
    try:
        return json.dumps(["OK", _json(_door.call(json.loads(order_text), method))])
    except StatusError as error:
        return _json([error.args[0], error.args[1]])
    except Exception as error:  # what is ours, and went wrong
        return _json(["INTERNAL", f"plugins: {method}: {_failures.last_line(error)}"])


def call(what, record_text, method, words):
    """JSON of [code, answer or message]. What is "plugins": the record is an order, docs of muster.plugins._door."""
    if what == "plugins":
        return _plugins(record_text, method)
    try:
        adapter = _adapter(what, record_text)
    except exceptions.ConfigurationError as error:
        code = "FAILED_PRECONDITION" if isinstance(error, _records.Raised) else "INVALID_ARGUMENT"
        return _json([code, str(error)])
    try:
        return _json(["OK", getattr(adapter, method)(*words) or ""])
    except StatusError as error:
        return _json([error.args[0], error.args[1]])
    except Exception as error:  # the class may do anything
        return _json(["FAILED_PRECONDITION", _failures.last_line(error)])
