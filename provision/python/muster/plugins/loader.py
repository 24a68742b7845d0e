"""From a section of the configuration to a plugin that can be run."""

import collections
import contextlib
import difflib
import os
import re
import sys
import traceback

from . import _arguments, _python2, exception
from .clustersetup import ClusterSetup, DefaultClusterSetup

HOOKS = ("run", "on_add_node", "on_remove_node", "on_restart", "on_shutdown")
DEFAULT = "muster.plugins.clustersetup.DefaultClusterSetup"

# A plugin of the configuration: settings without setup_class; origin: FILE:LINE
Section = collections.namedtuple("Section", "name setup_class settings origin")


def section_of(told):
    """The Section of plain data."""
    return Section(told["name"], told.get("setup_class", ""), dict(told.get("settings") or {}), told.get("origin", ""))


def own_folders():
    """The folders that every user has; ours is made."""
    own = os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "muster", "plugins")
    with contextlib.suppress(OSError):
        os.makedirs(own, mode=0o700, exist_ok=True)
    return [own, os.path.expanduser("~/.starcluster/plugins")]


def folders_of(given):
    """Where plugins are looked for: those folders, then PYTHONPATH."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return [*given, *(path for path in paths if os.path.abspath(path) != own)]


def class_of(section, finder):
    """The class of a plugin. PluginError and its kin: why there is none."""
    at = f" ({section.origin})" if section.origin else ""
    module_name, _, class_name = section.setup_class.strip().rpartition(".")
    if not module_name:
        told = f"is {section.setup_class!r}" if section.setup_class else "is missing"
        raise exception.PluginError(f"setup_class of plugin {section.name} {told}{at}; it has to be MODULE.CLASS, as "
                                    "in setup_class = ubuntu.PackageInstaller")
    module = _module_of(section, module_name, finder, at)
    kind = getattr(module, class_name, None)
    file = getattr(module, "__file__", None) or module_name
    if kind is None:
        names = [name for name, one in vars(module).items() if _is_plugin(one) and one.__module__ == module.__name__]
        near = difflib.get_close_matches(class_name, names, 1)
        raise exception.PluginError(f"Plugin {section.name} ({file}) has no class {class_name}{at}; "
                                    + (f"did you mean {near[0]}?" if near else f"it has: {', '.join(names) or 'none'}"))
    if not _is_plugin(kind):
        raise exception.PluginError(f"{class_name} of plugin {section.name} ({file}) is no subclass of "
                                    f"starcluster.clustersetup.ClusterSetup{at}: class {class_name}(ClusterSetup)")
    return kind


def _is_plugin(one):
    return isinstance(one, type) and issubclass(one, ClusterSetup)


def _module_of(section, name, finder, at):
    try:
        return finder.module(name)
    except exception.PluginError as error:
        raise exception.PluginError(f"Plugin {section.name}: {error}{at}") from None
    except _python2.CannotConvert as error:
        file = _file_of(error, name, finder)
        raise exception.PluginSyntaxError(f"Plugin {section.name} ({file}) cannot be loaded: {error}{at}") from None
    except SyntaxError as error:
        file = error.filename or name
        raise exception.PluginSyntaxError(f"Plugin {section.name} ({file}) contains a syntax error at line "
                                          f"{error.lineno}: {error.msg}{at}") from None
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise exception.PluginLoadError(
                f"Plugin {section.name}: there is no module {name}{at}; looked for {name.replace('.', '/')}.py in "
                f"{', '.join(finder.folders)}, and where Python looks") from None
        missing = (error.name or "").partition(".")[0]
        hint = "" if missing in ("", "starcluster", "muster") else \
            f"; {missing} has to be installed for {sys.executable}, or to lie beside the plugin"
        raise _import_failed(section, name, error, finder, hint + at) from error
    except (Exception, SystemExit) as error:
        raise _import_failed(section, name, error, finder, at) from error


def _file_of(error, name, finder):
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in {spec.origin for spec in finder.loaded.values()}:
            return frame.filename
    spec = list(finder.loaded.values())[-1] if finder.loaded else None
    return spec.origin if spec is not None else name


def _import_failed(section, name, error, finder, at):
    ours = os.path.dirname(__file__)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__)
              if not frame.filename.startswith("<frozen") and os.path.dirname(frame.filename) != ours]
    where = f"{frames[-1].filename}, line {frames[-1].lineno}: " if frames else ""
    return exception.PluginLoadError(
        f"Failed to import plugin {section.name} ({name}): {where}{type(error).__name__}: {error}{at}")


def made(section, kind):
    """The plugin: its class, called with its settings."""
    arguments = _arguments.of_settings(section.name, kind, section.settings, section.origin)
    try:
        return kind(**arguments)
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        where = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if len(frames) > 1 else ""
        raise exception.PluginLoadError(f"Plugin {section.name}: {kind.__name__}({', '.join(arguments)}) raised "
                                        f"{type(error).__name__}: {error}{where}") from error


def has_hook(kind, hook):
    """Whether the class, or one that it comes from, has a method of its own for the hook."""
    method = getattr(kind, hook, None)
    if method is None:
        return False
    if kind is DefaultClusterSetup:
        return True
    return method not in (getattr(ClusterSetup, hook), getattr(DefaultClusterSetup, hook))


def place_of(kind):
    """(file, line) of a class; not as inspect finds them, which reads Python 3 only."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    try:
        with open(file, "rb") as source:
            lines = _python2.text_of(source.read()).splitlines()
    except OSError:
        return file, 0
    pattern = re.compile(rf"\s*class\s+{re.escape(kind.__name__)}\b")
    return file, next((number for number, line in enumerate(lines, 1) if pattern.match(line)), 0)
