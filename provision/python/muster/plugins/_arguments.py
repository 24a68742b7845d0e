"""What a plugin's constructor is called with: the settings of its section, by name, as its annotations want them."""

import difflib
import enum
import inspect
import pathlib
import types
import typing

from . import exception
from .logger import log

_BOOLEANS = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


def parameters_of(kind):
    """The parameters of the constructor by name, and whether it takes any others."""
    constructor = kind.__init__
    if constructor is object.__init__ or getattr(constructor, "__module__", "").startswith("muster.plugins.clustersetup") and \
            constructor.__qualname__ == "ClusterSetup.__init__":
        return {}, False
    parameters = list(inspect.signature(constructor).parameters.values())[1:]
    named = {one.name: one for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    return named, any(one.kind is one.VAR_KEYWORD for one in parameters)


def described(kind):
    """The parameters as texts: name, or name=default."""
    named, takes_others = parameters_of(kind)
    told = [name if one.default is one.empty else f"{name}={one.default!r}" for name, one in named.items()]
    return told + (["**"] if takes_others else [])


def of_settings(plugin, kind, settings, origin):
    """{argument: value}. PluginError: some are missing, or cannot be what they have to be. Warns of keys that
    are none."""
    named, takes_others = parameters_of(kind)
    hints = _hints(kind)
    arguments = {}
    for key, text in settings.items():
        name = _argument(key, named)
        if name is None and not takes_others:
            _warn(plugin, key, named, origin)
        elif name is None:
            arguments[key.lower()] = text  # as StarCluster's configuration has keys
        else:
            arguments[name] = _value(plugin, name, text, hints.get(name, named[name].annotation), origin)
    missing = [name for name, one in named.items() if one.default is one.empty and name not in arguments]
    if missing:
        raise exception.PluginError(
            f"Not enough settings provided for plugin {plugin} (missing: {', '.join(missing)}){_at(origin)}; its class "
            f"{kind.__name__} takes: {', '.join(described(kind))}")
    return arguments


def _argument(key, named):
    """The parameter that a key means: some files of settings know no capitals."""
    if key in named:
        return key
    alike = [name for name in named if name.lower() == key.lower()]
    return alike[0] if len(alike) == 1 else None


def _warn(plugin, key, named, origin):
    near = difflib.get_close_matches(key, named, 1)
    hint = f"; did you mean {near[0]}?" if near else f"; it takes: {', '.join(named) or 'nothing'}"
    log.warning("plugin %s has no argument %s%s%s", plugin, key, _at(origin), hint)


def _at(origin):
    return f" ({origin})" if origin else ""


def _hints(kind):
    try:
        return typing.get_type_hints(kind.__init__)
    except Exception:  # names that are not there
        return {}


def _value(plugin, name, text, wanted, origin):
    if not isinstance(text, str):
        return text
    try:
        return converted(text, wanted)
    except (ValueError, TypeError):
        raise exception.PluginError(f"{name} of plugin {plugin} is {text!r}{_at(origin)}; it has to be "
                                    f"{_called(wanted)}") from None


def _called(wanted):
    names = {int: "a whole number", float: "a number", bool: "yes or no"}
    if wanted in names:
        return names[wanted]
    if isinstance(wanted, type) and issubclass(wanted, enum.Enum):
        return " or ".join(str(one.value) for one in wanted)
    if typing.get_origin(wanted) is typing.Literal:
        return " or ".join(map(str, typing.get_args(wanted)))
    if typing.get_origin(wanted) in (list, tuple, set, frozenset) and typing.get_args(wanted):
        return f"a list, separated by commas, where each is {_called(typing.get_args(wanted)[0])}"
    if typing.get_origin(wanted) in (typing.Union, types.UnionType):
        return " or ".join("none" if one is type(None) else _called(one) for one in typing.get_args(wanted))
    return getattr(wanted, "__name__", None) or str(wanted)


def converted(text, wanted):
    """The text as that type; as it stands, of types that are not known here."""
    origin, inner = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return _one_of(text, inner)
    if origin is typing.Literal:
        return next(one for one in inner if str(one) == text.strip()) if text.strip() in map(str, inner) else _refuse(text)
    kind = origin or wanted
    if kind is bool:
        return _BOOLEANS[text.strip().lower()] if text.strip().lower() in _BOOLEANS else _refuse(text)
    if kind is int:
        return int(text.strip(), 0) if text.strip().lower().startswith(("0x", "0o", "0b")) else int(text)
    if kind in (float, pathlib.Path):
        return pathlib.Path(text.strip()).expanduser() if kind is pathlib.Path else float(text)
    if kind in (list, tuple, set, frozenset):
        words = [word.strip() for word in text.replace("\n", ",").split(",") if word.strip()]
        of = inner[0] if inner else str
        return kind(converted(word, of) for word in words)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind[text.strip()] if text.strip() in kind.__members__ else kind(text.strip())
    return text


def _one_of(text, inner):
    if type(None) in inner and text.strip().lower() in ("", "none"):
        return None
    for one in inner:
        if one is type(None):
            continue
        try:
            return converted(text, one)
        except (ValueError, TypeError):
            continue
    return _refuse(text)


def _refuse(text):
    raise ValueError(text)
