"""How an object that a program made (a provider, a setup) is made again in another process: its class, the file
of that, and what it was constructed with."""

import importlib
import importlib.util
import inspect
import json
import os
import stat
import sys

from . import _failures
from .exceptions import ConfigurationError


# What a class of that kind has, whatever it derives from.
NEEDED = {"cloud_provider": "start_instance", "setup_provider": "setup_cluster"}


class Remembering:
    """Keeps what it is constructed with, for whoever derives from it."""

    def __new__(cls, *args, **kwargs):
        made = super().__new__(cls)
        made.__dict__["_muster_arguments"] = (args, kwargs)
        return made


def record_of(thing):
    """{"type", "settings"} of an object; of one of ours what it says itself."""
    own = getattr(type(thing), "_muster_record", None)
    if own is not None and (told := own(thing)) is not None:
        return told
    kind = type(thing)
    settings = {"class": f"{kind.__module__}:{kind.__qualname__}", "path": _file_of(kind)}
    arguments = _arguments_of(thing)
    if arguments is None:
        settings["lost"] = "what it was made with is no data, which only the program has that made it"
    else:
        settings["arguments"] = arguments
    return {"type": "python", "settings": settings}


def _file_of(kind):
    try:
        return os.path.abspath(inspect.getfile(kind))
    except (TypeError, OSError):
        return ""


def _arguments_of(thing):
    """JSON of [args, kwargs], or None."""
    choices = []
    captured = getattr(thing, "__dict__", {}).get("_muster_arguments")
    if captured is not None:
        choices.append([list(captured[0]), captured[1]])
    elif type(thing).__init__ is object.__init__:
        choices.append([[], {}])
    if isinstance(told := _vars_of(thing), dict):
        choices.append([[], told])
    for args, kwargs in choices:
        try:
            text = json.dumps([args, kwargs])
            inspect.signature(type(thing)).bind(*args, **kwargs)
        except (TypeError, ValueError):
            continue
        if json.loads(text) == [_as_lists(args), _as_lists(kwargs)]:
            return text
    return None


def _vars_of(thing):
    try:
        return thing.to_vars_dict()
    except Exception:  # somebody else's method, which need not be there
        return None


def _as_lists(value):
    if isinstance(value, (list, tuple)):
        return [_as_lists(one) for one in value]
    if isinstance(value, dict):
        return {key: _as_lists(one) for key, one in value.items()}
    return value


def object_of(record, what, remedy=None):
    """The object of a record of type "python". ConfigurationError: why not, and what to do."""
    settings = record["settings"]
    name, path = settings.get("class", ""), settings.get("path", "")
    if remedy is None:
        remedy = f"; make it in this program and set cluster.{what}"
    try:
        return _made(settings, name, path, NEEDED[what])
    except ConfigurationError as error:
        raise ConfigurationError(f"class {name}: {error}{remedy}") from None
    except Exception as error:  # its module and its constructor may do anything
        raise Raised(f"class {name} of {path or 'the modules of Python'} cannot be made: "
                     f"{_failures.last_line(error)}{remedy}") from error


class Raised(ConfigurationError):
    """What the module or the constructor raised."""


def _made(settings, name, path, needed):
    if "arguments" not in settings:
        raise ConfigurationError(settings.get("lost", "its record has no arguments"))
    found = _class_named(name, path, needed)
    # A record may come from anywhere: not any class is made because it says so.
    if not _is_class(found, needed):
        raise ConfigurationError(f"that of {path or 'the modules of Python'} is no class with a method {needed}()")
    args, kwargs = json.loads(settings["arguments"])
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):  # made in C: nobody knows
        return found(*args, **kwargs)
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        given = ", ".join([*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())])
        raise ConfigurationError(f"{found.__name__}({given}) is not how {path} has it: its arguments are "
                                 f"{signature}, {error}") from None
    return found(*args, **kwargs)


def _is_class(found, needed):
    return isinstance(found, type) and callable(getattr(found, needed, None))


def _class_named(name, path, needed):
    module_name, _, words = name.partition(":")
    found = module = _module_of(module_name, path)
    for word in words.split("."):
        found = getattr(found, word, None)
        if found is None:
            there = [key for key, value in vars(module).items()
                     if _is_class(value, needed) and value.__module__ == module.__name__]
            raise ConfigurationError(f"there is no class {words} in {path or module_name}"
                                     + (f"; there is {', '.join(there)}" if there else ""))
    return found


def _module_of(name, path):
    if name == "__main__":
        main = sys.modules["__main__"]
        if os.path.abspath(getattr(main, "__file__", None) or "") == path:
            return main
        raise ConfigurationError(f"the class stands in the program {path or 'that was typed in'} itself, which is not "
                                 "run only to read it: put the class into a file of its own, which programs import")
    try:
        module = importlib.import_module(name)
        if not path or os.path.abspath(getattr(module, "__file__", None) or "") == path:
            return module
    except ImportError as error:  # this program looks for modules elsewhere
        if not path:
            raise ConfigurationError(f"the module {name} cannot be imported ({error}), and no path says where its "
                                     "file is") from None
    return _load(name, path)


def _load(name, path):
    own_name = "muster_class_of_" + "".join(letter if letter.isalnum() else "_" for letter in path)
    if own_name in sys.modules:
        return sys.modules[own_name]
    if not os.path.isfile(path):
        raise ConfigurationError(f"the module {name} cannot be imported, and its file {path or '(none)'} is not there")
    facts = os.stat(path)
    if facts.st_uid not in (0, os.getuid()) or facts.st_mode & stat.S_IWOTH:
        raise ConfigurationError(f"{path} is not run: it belongs to somebody else, or everybody may write to it")
    spec = importlib.util.spec_from_file_location(own_name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[own_name] = module
    if os.path.dirname(path) not in sys.path:
        sys.path.append(os.path.dirname(path))  # what stands beside it is imported, too
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[own_name]
        raise
    return module
