"""The development shell: Python with the clusters, their nodes and the configuration at hand.

    python3 -m muster.plugins.shell [--cluster NAME] [--config FILE]
"""

import argparse
import code
import importlib
import os
import sys

import ClusterAPI

from . import exception, logger
from .cluster import ClusterManager
from .config import StarClusterConfig
from .logger import log

# As StarCluster's shell names them; boto and paramiko where they are installed.
_SHOWN = ("config", "plugins", "cli", "awsutils", "ssh", "utils", "static", "exception", "cluster", "node",
          "clustersetup", "image", "volume", "tests", "templates", "optcomplete")
_FOREIGN = ("boto", "paramiko")


class Clusters(ClusterManager):
    """The variable `cluster`: run_plugin('myplugin', 'testcluster', cfg), get_cluster('testcluster'), and all that the
    module starcluster.cluster has."""

    is_interactive = True  # what fails is told, and no traceback of ours besides

    def run_plugin(self, plugin_name, cluster_tag=None, cfg=None):
        try:
            super().run_plugin(plugin_name, cluster_tag, cfg)
        except exception.PluginError as error:
            if not self.is_interactive:
                raise
            if isinstance(error, exception.PluginNotFound):
                log.error("%s", error)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        from . import cluster
        try:
            return getattr(cluster, name)
        except AttributeError:
            raise AttributeError(f"cluster has no {name}; it has run_plugin, get_cluster, get_cluster_names, "
                                 "list_clusters and Cluster") from None

    def __repr__(self):
        return f"<clusters: {', '.join(self.get_cluster_names()) or 'none runs'}>"


class _Missing:
    """In the place of a module that is not installed."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            f"{self._name}.{name}: the module {self._name} is not installed, and nothing here needs it")

    def __repr__(self):
        return f"<{self._name}: not installed>"


def variables(cluster="", config=None):
    """What the shell has. ConfigError: the configuration is wrong; ClusterDoesNotExist: the cluster that was named."""
    import starcluster
    cfg = StarClusterConfig(config).load()
    names = {"starcluster": starcluster, "cfg": cfg, "log": log, "ClusterAPI": ClusterAPI, "nodes": []}
    for name in _SHOWN:
        log.info("Importing module %s", name)
        names[name] = importlib.import_module(f"starcluster.{name}")
    for name in _FOREIGN:
        log.info("Importing module %s", name)
        try:
            names[name] = importlib.import_module(name)
        except ImportError:
            names[name] = _Missing(name)
    names["cluster"] = names["cm"] = manager = Clusters(cfg, cluster)
    names["ec2"], names["s3"] = cfg.get_easy_ec2(), cfg.get_easy_s3()
    chosen = cluster or _only(manager)
    if chosen:
        try:
            names["nodes"] = manager.get_cluster(chosen).nodes
        except exception.BaseException as error:
            if cluster:
                raise
            log.debug("%s", error)
    return names


def _only(manager):
    """The only cluster that was started; where none was, the only one of the configuration."""
    names = manager.get_started_names() or manager.get_cluster_names()
    return names[0] if len(names) == 1 else ""


def main(argv=None):
    """Opens the shell; the exit code."""
    parser = argparse.ArgumentParser(prog="clustershell shell",
                                     description="A Python shell to write and try plugins in.")
    parser.add_argument("--cluster", default="", metavar="NAME", help="the cluster that `nodes` are of")
    parser.add_argument("--config", metavar="FILE", help="the configuration, in place of the usual files")
    parser.add_argument("--debug", action="store_true", help="show lines of the debug file")
    parser.add_argument("-c", dest="command", metavar="CODE", help="run this, and end")
    given = parser.parse_args(sys.argv[1:] if argv is None else argv)
    logger.configure(logger.default_folder(), given.debug)
    print(f"Muster {ClusterAPI.__version__}: cluster, nodes, cfg, log, ec2 and s3 are there; "
          "cluster.run_plugin('myplugin', 'testcluster', cfg) runs a plugin\n", flush=True)
    try:
        names = variables(given.cluster, given.config)
    except exception.BaseException as error:
        print(f"clustershell shell: {error}", file=sys.stderr)
        return 1
    print(flush=True)
    if given.command is not None:
        return _execute(given.command, names)
    return _interact(names)


def _execute(command, names):
    """One line as at the prompt, or several as a program; the exit code."""
    names["cluster"].is_interactive = False
    try:
        exec(compile(command, "<command>", "single" if "\n" not in command else "exec"), names)
    except exception.BaseException as error:
        print(f"clustershell shell: {error}", file=sys.stderr)
        return 1
    return 0


class _Console(code.InteractiveConsole):
    """A name that no cluster has is a mistake, and no error of a program: one line."""

    def showtraceback(self):
        error = sys.exc_info()[1]
        if isinstance(error, exception.ClusterDoesNotExist):
            log.error("%s", error)
        else:
            super().showtraceback()


def _tell(_shell, _kind, error, _place, tb_offset=None):
    """The same in IPython."""
    log.error("%s", error)


def _interact(names):
    try:
        from IPython.terminal.embed import InteractiveShellEmbed
        from traitlets.config import Config
    except ImportError:
        try:
            import readline  # noqa: F401 (editing of lines)
        except ImportError:
            pass
        _Console(names).interact(banner="", exitmsg="")
        return 0
    config = Config()
    config.TerminalInteractiveShell.confirm_exit = False
    folder = os.path.join(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state"), "muster")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    config.HistoryManager.hist_file = os.path.join(folder, "shell_history.sqlite")
    shell = InteractiveShellEmbed(config=config, banner1="", exit_msg="", user_ns=names)
    shell.set_custom_exc((exception.ClusterDoesNotExist,), _tell)
    shell()
    return 0


if __name__ == "__main__":
    sys.exit(main())
