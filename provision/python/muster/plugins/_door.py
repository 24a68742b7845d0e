"""What a program of C++ has plugins do: an order and an answer, both plain data."""

import difflib

from . import _arguments, loader
from ._finder import finding
from ._order import Order
from ._setup import Setup
from .exception import PluginError
from .logger import log

METHODS = ("set_up", "leave", "run", "list", "check")
_REASONS = {"leave": ("remove", "shutdown", "restart"), "set_up": ("start", "resume", "restart")}


def _refusal(code, message):
    from .._provision import StatusError
    return StatusError(code, message)


def call(order, method):
    """The answer to an order. StatusError: the order itself is wrong; a plugin that fails is an answer."""
    if method not in METHODS:
        raise _refusal("UNIMPLEMENTED", f"plugins have no {method}; they have: {', '.join(METHODS)}")
    with Order(order) as asked, finding(asked.folders, asked.own_folders) as finder:
        log.debug("plugins: %s of cluster %s", method, asked.cluster)
        if method in ("list", "check"):
            return _listed(asked, finder, method == "check")
        _check(asked, method)
        setup = Setup(asked, finder)
        return setup.run(_section(asked)) if method == "run" else getattr(setup, method)()


def _check(order, method):
    if method in _REASONS and order.reason not in _REASONS[method]:
        raise _refusal("INVALID_ARGUMENT", f"the reason of {method} is {order.reason}; it has to be one of: "
                       f"{', '.join(_REASONS[method])}")
    if order.hook not in loader.HOOKS:
        near = difflib.get_close_matches(order.hook, loader.HOOKS, 1)
        raise _refusal("INVALID_ARGUMENT", f"there is no hook {order.hook}; "
                       + (f"did you mean {near[0]}?" if near else f"there are: {', '.join(loader.HOOKS)}"))
    if not order.nodes:
        raise _refusal("FAILED_PRECONDITION", f"no node of {order.cluster or 'the cluster'} runs, so that no plugin can")
    known = {node.alias for node in order.nodes}
    for name in [*order.leaving, *order.only]:
        if name not in known:
            raise _refusal("NOT_FOUND", f"{order.cluster or 'the cluster'} has no node {name} that runs; it has: "
                           f"{', '.join(sorted(known))}")


def _section(order):
    names = [section.name for section in order.sections]
    if order.plugin in names:
        return order.sections[names.index(order.plugin)]
    near = difflib.get_close_matches(order.plugin, names, 1)
    raise _refusal("NOT_FOUND", f"plugin {order.plugin} is not defined in the configuration; "
                   + (f"did you mean {near[0]}?" if near else f"it has: {', '.join(names) or 'none'}"))


def _listed(order, finder, is_check):
    told = [_described(section, finder, is_check) for section in order.sections]
    bad = [plugin["text"] for plugin in told if not plugin["ok"]]
    return {"receipt": order.receipt, "ok": not bad, "results": [], "plugins": told,
            "message": "; ".join(" ".join(text.split()) for text in bad) or f"{len(told)} plugin{'' if len(told) == 1 else 's'} can be loaded"}


def _described(section, finder, is_check):
    told = {"name": section.name, "setup_class": section.setup_class, "file": "", "line": 0, "hooks": [], "arguments": [],
            "ok": True, "text": "ok"}
    try:
        kind = loader.class_of(section, finder)
        told["file"], told["line"] = loader.place_of(kind)
        told["hooks"] = [hook for hook in loader.HOOKS if loader.has_hook(kind, hook)]
        told["arguments"] = _arguments.described(kind)
        told["text"] = ((kind.__doc__ or "").strip().splitlines() or ["ok"])[0]
        if is_check:
            loader.made(section, kind)
            told["text"] = "ok"
            if not told["hooks"]:
                raise PluginError(f"Plugin {section.name}: {kind.__name__} has none of the hooks: {', '.join(loader.HOOKS)}")
    except PluginError as error:
        told["ok"], told["text"] = False, str(error)
    return told
