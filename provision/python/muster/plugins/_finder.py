"""Where modules of plugins come from: the folders of plugins, then PYTHONPATH."""

import contextlib
import importlib.machinery
import importlib.util
import os
import sys

from . import _python2, _trust
from .exception import PluginError

# Ours, and those that plugins rely on: a file of a folder never takes their place.
_RESERVED = {"muster", "starcluster", "ClusterAPI", "elasticluster", "slurm_gcp_plugins"}
_PREFIX = "muster_plugin_"  # of a module whose own name is taken


class Source(importlib.machinery.SourceFileLoader):
    """A file of Python 3 or 2, read anew each time: nothing is left beside it."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        return _python2.compiled(self.get_data(path), path, "." in fullname or self.is_package(fullname))

    def get_source(self, fullname):
        return _python2.text_of(self.get_data(self.get_filename(fullname)))


class Finder:
    """Finds modules in the folders, for the import system."""

    def __init__(self, folders, checked=()):
        """`checked`: those of the folders that nobody else may be able to write to."""
        self._checked = [os.path.abspath(os.path.expanduser(folder)) for folder in checked]
        self.folders = [os.path.abspath(os.path.expanduser(folder)) for folder in folders]
        self.loaded = {}  # module by name, of those that came from here
        self._own = set()  # top names of setup_class

    def find_spec(self, fullname, path=None, target=None):
        top = fullname.partition(".")[0]
        if path is None:
            if not self._may_have(top):
                return None
            return self._spec(fullname, fullname, self.folders) or self._spec(fullname, fullname, self._beside())
        if not any(os.path.abspath(part).startswith(folder + os.sep) for part in path for folder in self.folders):
            return None
        return self._spec(fullname, fullname, list(path))

    def _beside(self):
        """The folders of what was loaded: Python 2 looked there for what a module of a package imports."""
        return list(dict.fromkeys(os.path.dirname(spec.origin) for spec in self.loaded.values()))

    def _may_have(self, top):
        """What is installed goes before what lies in a folder of plugins."""
        if top in _RESERVED or top in sys.stdlib_module_names:
            return False
        return not is_installed(top, self.folders)

    def _spec(self, fullname, name, folders):
        found = importlib.machinery.PathFinder.find_spec(name, folders)
        if found is None or not isinstance(found.loader, importlib.machinery.SourceFileLoader):
            return found if found is not None and found.loader is not None else None
        for folder in self._checked:
            if found.origin.startswith(folder + os.sep) and (reason := _trust.complaint(found.origin, folder)):
                raise PluginError(f"{found.origin} is not run: {reason}")
        spec = importlib.util.spec_from_file_location(
            fullname, found.origin, loader=Source(fullname, found.origin),
            submodule_search_locations=found.submodule_search_locations)
        self.loaded[fullname] = spec
        return spec

    def module(self, name):
        """Imports the module of a setup_class: a file of the folders, whatever else is called so; else what Python finds.
        ModuleNotFoundError: there is none."""
        if name.startswith("starcluster.plugins.") and not _is_one_of_ours(name):
            name = name.removeprefix("starcluster.plugins.")  # a file that was to lie among StarCluster's own
        top, _, rest = name.partition(".")
        taken = top in _RESERVED or top in sys.stdlib_module_names or is_installed(top, self.folders)
        if top in _RESERVED or not taken or importlib.machinery.PathFinder.find_spec(top, self.folders) is None:
            __import__(name)
            return sys.modules[name]
        top = _PREFIX + top
        if top not in sys.modules:
            spec = self._spec(top, name.partition(".")[0], self.folders)
            module = importlib.util.module_from_spec(spec)
            sys.modules[top] = module
            try:
                spec.loader.exec_module(module)
            except BaseException:
                sys.modules.pop(top, None)
                raise
        full = f"{top}.{rest}" if rest else top
        __import__(full)
        return sys.modules[full]

    def forget(self):
        """Has every file be read anew."""
        for name in self.loaded:
            sys.modules.pop(name, None)
        self.loaded.clear()
        importlib.invalidate_caches()


def _is_one_of_ours(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # nor is what it would be in
        return False


def is_installed(top, folders):
    """Whether Python finds such a module elsewhere."""
    elsewhere = [path for path in sys.path if path and os.path.abspath(path) not in folders]
    try:
        return importlib.machinery.PathFinder.find_spec(top, elsewhere) is not None
    except (ImportError, ValueError):
        return False


@contextlib.contextmanager
def finding(folders, checked=()):
    """A Finder that Python asks in the block, before it asks itself."""
    finder = Finder(folders, checked)
    sys.meta_path.insert(0, finder)
    try:
        yield finder
    finally:
        sys.meta_path.remove(finder)
        finder.forget()
