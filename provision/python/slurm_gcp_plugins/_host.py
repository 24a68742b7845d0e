"""What runs in the process of one hook module: takes requests as text, calls the functions of the module, and
answers with what they changed. One call at a time, on the main thread."""

import contextlib
import functools
import importlib.util
import inspect
import json
import os
import resource
import signal
import sys
import traceback

import slurm_gcp_plugins

from . import _context, _journal
from ._abort import Abort
from ._lookup import Lookup, Node

_PIECES = []  # of a request that is too long for one message
_STATE = {}  # of the module: "module", "functions"


class DeadlinePassed(BaseException):
    """Raised where a function is when its time is over."""


def take(piece):
    """Keeps the beginning of a long request."""
    _PIECES.append(piece)


@contextlib.contextmanager
def _deadline(seconds):
    def stop(_number, _frame):
        raise DeadlinePassed(f"it ran longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _place(error, folder):
    """FILE:LINE of the last line in the folder of the module; empty: there is none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(folder + os.sep):
            place = f"{frame.filename}:{frame.lineno}"
    return place


def _shown(text):
    """As text that can be sent: a lone surrogate is told by its number."""
    return text.encode("utf-8", "backslashreplace").decode()


def _fault(error, folder):
    if isinstance(error, DeadlinePassed):
        text = str(error)
    elif isinstance(error, SystemExit):
        text = f"it called sys.exit({error.code!r})"
    elif isinstance(error, MemoryError):
        text = f"MemoryError: it may have {_STATE.get('memory') or 'any number of'} bytes ([hooks] memory = SIZE)"
    else:
        lines = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()
        # Before that of a SyntaxError stands the line of the file.
        text = lines[-1] if isinstance(error, SyntaxError) else " | ".join(line.strip() for line in lines)
    place = _shown(_place(error, folder))  # where there is none, that of the function counts
    return json.dumps({"fault": _shown(text), **({"place": place} if place else {})})


def _reason(veto):
    """Of an Abort. A veto counts, whatever is wrong with its reason."""
    try:
        return _shown(str(veto)) or "no reason was given"
    except BaseException as error:
        return f"its reason cannot be shown: {type(error).__name__}"


def _import(name, path):
    """The module of a file, or of the folder of a package."""
    whole = f"slurm_gcp_plugins.{name}"
    is_package = os.path.basename(path) == "__init__.py"
    spec = importlib.util.spec_from_file_location(
        whole, path, submodule_search_locations=[os.path.dirname(path)] if is_package else None)
    module = importlib.util.module_from_spec(spec)
    sys.modules[whole] = module
    setattr(slurm_gcp_plugins, name, module)
    spec.loader.exec_module(module)
    return module


def _describe(function):
    """How it is called, and where it stands."""
    parameters = inspect.signature(function).parameters.values()
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    names = None if takes_all else [parameter.name for parameter in parameters]
    code = getattr(inspect.unwrap(function), "__code__", None)
    return names, "" if code is None else f"{code.co_filename}:{code.co_firstlineno}"


def _why_not_plain(name, function):
    """Why calling it would run nothing of it; empty: it is run."""
    called = function if inspect.isroutine(function) or isinstance(function, functools.partial) else function.__call__
    if inspect.iscoroutinefunction(called):
        return f"{name} is a coroutine function; hooks are called plainly: write def, and not async def"
    if inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called):
        return f"{name} is a generator function; hooks are called plainly: write def, with no yield in it"
    return ""


def _check_ended(event, result):
    """TypeError: what was returned would still have to be run, and never is."""
    if inspect.iscoroutine(result):
        result.close()  # Python does not have to warn of it, too
    elif not inspect.isgenerator(result) and not inspect.isasyncgen(result):
        return
    raise TypeError(f"{event} returned a {type(result).__name__}, which nobody runs; hooks are called plainly")


def _hints(module, events, found):
    """What of a module nobody calls, and was meant to be called, as it seems."""
    missing = [name for event, names in events.items() if event not in found for name in names]
    hints = [f"{name} is no function" for name in missing if getattr(module, name, None) is not None]
    own = [name for name, one in vars(module).items()
           if inspect.isfunction(one) and one.__module__ == module.__name__ and not name.startswith("_")]
    for name in own:
        if any(name in names for names in events.values()):
            continue
        from difflib import get_close_matches
        # Beside functions that are called stand others, which help them.
        if near := get_close_matches(name, missing, 1, 0.85 if found else 0.6):
            hints.append(f"nobody calls {name}; did you mean {near[0]}?")
    return "; ".join(hints)


def load(text):
    """Imports the module. `text`: JSON of name, path, memory (bytes; 0: no limit), seconds, log, shows_all, required,
    and events: the names that functions of each may have."""
    order = json.loads(text)
    name, path = order["name"], order["path"]
    folder = os.path.dirname(path)
    sys.dont_write_bytecode = True
    os.environ["MUSTER_HOOK"] = name  # what it runs fires no hooks
    home = os.path.dirname(folder) if os.path.basename(path) == "__init__.py" else folder
    if home not in slurm_gcp_plugins.__path__:
        slurm_gcp_plugins.__path__.append(home)  # for what modules share
    _journal.install(name, order["log"], order["shows_all"])
    _STATE.update(name=name, folder=folder, functions={}, memory=order["memory"])
    if order["memory"]:
        resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    try:
        with _deadline(order["seconds"]):
            module = _import(name, path)
            found = {}
            for event, names in order["events"].items():
                for function_name in names:
                    function = getattr(module, function_name, None)
                    if function is None or inspect.isclass(function) or not callable(function):
                        continue
                    parameters, place = _describe(function)
                    if why := _why_not_plain(function_name, function):
                        return json.dumps({"fault": why, "place": place or path})
                    _STATE["functions"][event] = (function, parameters)
                    found[event] = {"function": function_name, "place": place}
                    break
    except BaseException as error:
        return _fault(error, folder)
    priority = getattr(module, "priority", None)
    if isinstance(priority, bool) or not isinstance(priority, (int, float, type(None))):
        return json.dumps({"fault": f"its priority is {priority!r}, and has to be a number", "place": path})
    hints = _hints(module, order["events"], found)
    is_guard = any(event.startswith("pre_") for event in found)
    if order["required"] and (not found or hints and not is_guard):
        why = "it is required, and has no function that is called" + (" before a step" if found else "")
        return json.dumps({"fault": why + (f": {hints}" if hints else ""), "place": path})
    return json.dumps({"functions": found, "priority": priority, "hints": hints})


def _arguments(request):
    """The keyword arguments, with nodes and lkp as hooks know them."""
    arguments = request["arguments"]
    nodes = []
    for key in request["nodes"]:
        arguments[key] = [Node(record) for record in arguments[key]]
        nodes += arguments[key]
    arguments["lkp"] = Lookup(arguments.get("lkp", {}), nodes)
    return arguments


def _call(event, arguments):
    function, parameters = _STATE["functions"][event]
    if event == "instance_information":
        return {str(node): function(node, list(arguments["fields"])) or {} for node in arguments["nodes"]}
    if parameters is not None:
        arguments = {key: value for key, value in arguments.items() if key in parameters}
    _check_ended(event, function(**arguments))
    return None


def call(event, text, seconds):
    """Calls the function of an event. JSON: `changed`, by argument; or `veto`; or `fault`, and `place` if any. An empty
    object: this process has no module."""
    if "folder" not in _STATE:
        return "{}"
    text = "".join(_PIECES) + text
    _PIECES.clear()
    try:
        request = json.loads(text)
        arguments = _arguments(request)
        _context.enter(_STATE["name"], arguments["lkp"])
        with _deadline(seconds):
            result = _call(event, arguments)
        changed = {key: arguments[key] for key in request["changes"]}
        if result is not None:
            changed["result"] = result
        answer = json.dumps({"changed": changed}, allow_nan=False, ensure_ascii=False)
        answer.encode()  # no lone surrogates, which are no text
        return answer
    except Abort as veto:
        return json.dumps({"veto": _reason(veto)})
    except BaseException as error:
        return _fault(error, _STATE["folder"])
