"""The steps of StarCluster's default setup, by the names that plugins which extend it call."""

from .logger import log

_HIGHEST = 60000  # uids from here on belong to the system


class DefaultSteps:
    """What they did to machines is left alone: host names, /etc/hosts, users, keys and NFS stay as they are."""

    def _skip(self, what):
        log.debug("%s: nodes may be machines that somebody works on, so that this is left to plugins of your own", what)

    def _setup_hostnames(self, nodes=None):
        self._skip("host names")

    def _setup_etc_hosts(self, nodes=None):
        self._skip("/etc/hosts")

    def _setup_ebs_volumes(self):
        self._skip("volumes")

    def _setup_cluster_user(self, user=None):
        self._skip("the user of the cluster")

    def _setup_scratch(self, nodes=None, users=None):
        self._skip("scratch folders")

    def _setup_passwordless_ssh(self, nodes=None):
        self._skip("keys of ssh")

    def _setup_nfs(self, nodes=None, start_server=True, export_paths=None, **_):
        self._skip("NFS")

    def _export_nfs_shares(self, nodes=None, **_):
        self._skip("NFS")

    def _mount_nfs_shares(self, nodes=None, **_):
        self._skip("NFS")

    def _get_nfs_export_paths(self):
        return ["/home"]

    def _remove_nfs_exports(self, node):
        self._skip("NFS")

    def _remove_from_etc_hosts(self, node):
        self._skip("/etc/hosts")

    def _remove_from_known_hosts(self, node):
        self._skip("keys of ssh")

    def _get_new_user_id(self, user):
        """(uid, gid) of who has /home/USER on the master, else numbers that are free on all nodes."""
        home = f"/home/{user}"
        if self._master.ssh.path_exists(home):
            found = self._master.ssh.stat(home)
            return found.st_uid, found.st_gid
        return self._get_max_unused_user_id()

    def _get_max_unused_user_id(self):
        """(uid, gid) that no user and no group of any node has."""
        users = [users for node in self._nodes for users in node.get_user_map(key_by_uid=True)]
        groups = [group for node in self._nodes for group in node.get_group_map(key_by_gid=True)]
        return tuple(max([999, *(one for one in numbers if one < _HIGHEST)]) + 1 for numbers in (users, groups))
