"""What a plugin extends.

    from muster.plugins import ClusterSetup      # or: from starcluster.clustersetup import ClusterSetup
    class Hello(ClusterSetup):
        def run(self, nodes, master, user, user_shell, volumes):
            for node in nodes:
                node.ssh.execute("echo hello")
"""

from ._default_steps import DefaultSteps
from .logger import log
from .threadpool import get_thread_pool


class _Pool:
    """A pool that is made when somebody asks for it; a plugin may put its own in its place."""

    def __set_name__(self, owner, name):
        self._name = name

    def __get__(self, plugin, owner=None):
        if plugin is None:
            return self
        pool = get_thread_pool(plugin._num_threads, disable_threads=plugin._disable_threads)
        vars(plugin)[self._name] = pool
        return pool


class ClusterSetup:
    """A plugin: run() and, if it wants, the other hooks. Arguments come by position; a plugin may call them as it likes.

    nodes: all of them, the master first (muster.plugins.Node); master: that one
    user, user_shell: whom the cluster is for, and the name of his shell; volumes: a dict, which is empty
    pool: jobs at the same time, of 20 threads (muster.plugins.threadpool.ThreadPool)
    """

    pool = _Pool()
    _num_threads = 20
    _disable_threads = False

    def __new__(cls, *args, **kwargs):
        plugin = super().__new__(cls)
        plugin.__plugin_metadata__ = (f"{cls.__module__}.{cls.__qualname__}", args, kwargs)
        return plugin

    def __init__(self, *args, **kwargs):
        pass

    def run(self, nodes, master, user, user_shell, volumes):
        """Sets the cluster up. It may be called again, and then has to find what is done already."""
        raise NotImplementedError("run method not implemented")

    def on_add_node(self, node, nodes, master, user, user_shell, volumes):
        """A node came, and is in `nodes`. A plugin without this method has run() called with the new node alone."""
        raise NotImplementedError("on_add_node method not implemented")

    def on_remove_node(self, node, nodes, master, user, user_shell, volumes):
        """A node goes; it still answers, and is in `nodes`."""
        raise NotImplementedError("on_remove_node method not implemented")

    def on_restart(self, nodes, master, user, user_shell, volumes):
        """The cluster is about to be restarted; run() is called again afterwards."""
        raise NotImplementedError("on_restart method not implemented")

    def on_shutdown(self, nodes, master, user, user_shell, volumes):
        """The cluster is about to end."""
        raise NotImplementedError("on_shutdown method not implemented")


class DefaultClusterSetup(DefaultSteps, ClusterSetup):
    """Runs before all other plugins: finds out whether every node answers, and writes what it is to the debug file. It
    changes nothing: nodes may be machines that somebody works on.

    nodes: the workers, in a plugin that extends it; _nodes: all
    """

    _nodes = _master = _user = _user_shell = _volumes = None

    def __init__(self, disable_threads=False, num_threads=20):
        self._disable_threads = disable_threads
        self._num_threads = num_threads

    @property
    def nodes(self):
        """The nodes without the master."""
        return [node for node in self._nodes or [] if not node.is_master()]

    @property
    def running_pool(self):
        return self.pool

    def run(self, nodes, master, user, user_shell, volumes):
        self._nodes, self._master, self._user, self._user_shell, self._volumes = nodes, master, user, user_shell, volumes
        self.pool.map(self._look_at, nodes, jobid_fn=lambda node: node.alias)

    def on_add_node(self, node, nodes, master, user, user_shell, volumes):
        self._nodes, self._master, self._user, self._user_shell, self._volumes = nodes, master, user, user_shell, volumes
        self._look_at(node)

    def on_remove_node(self, node, nodes, master, user, user_shell, volumes):
        pass

    def on_restart(self, nodes, master, user, user_shell, volumes):
        pass

    def on_shutdown(self, nodes, master, user, user_shell, volumes):
        pass

    @staticmethod
    def _look_at(node):
        log.debug("%s answers: %d processors, %d MiB, %s", node.alias, node.num_processors, node.memory, node.arch)
