"""Makes users on all nodes, with keys: setup_class = starcluster.plugins.users.CreateUsers."""

import os
import posixpath

from muster.plugins import exception
from muster.plugins.clustersetup import DefaultClusterSetup
from muster.plugins.logger import log
from muster.plugins.static import STARCLUSTER_CFG_DIR


class CreateUsers(DefaultClusterSetup):
    """usernames, separated by commas, or num_users of user001, user002, …; with download_keys = True their keys are
    copied here, into download_keys_dir. Nodes on this machine get none: they share its users with you."""

    def __init__(self, num_users=None, usernames=None, download_keys=None, download_keys_dir=None):
        super().__init__()
        names = [name.strip() for name in (usernames or "").replace("\n", ",").split(",") if name.strip()]
        try:
            count = int(num_users) if num_users else len(names)
        except ValueError:
            raise exception.BaseException(f"num_users is {num_users!r}; it has to be a whole number") from None
        if count < 1:
            raise exception.BaseException("there are no users to make: num_users or usernames says which")
        if names and len(names) != count:
            raise exception.BaseException(f"num_users is {count}, and there are {len(names)} usernames")
        self.usernames = names or [f"user{number:03}" for number in range(1, count + 1)]
        self._keys_folder = None
        if str(download_keys).lower() in ("true", "yes", "1"):
            self._keys_folder = os.path.expanduser(download_keys_dir or os.path.join(STARCLUSTER_CFG_DIR, "user_keys"))

    def run(self, nodes, master, user, user_shell, volumes):
        self._remember(nodes, master, user, user_shell, volumes)
        self._make(nodes)
        if self._keys_folder and not _is_here(master):
            self._download(master)

    def on_add_node(self, node, nodes, master, user, user_shell, volumes):
        self._remember(nodes, master, user, user_shell, volumes)
        self._make([node])

    def _make(self, nodes):
        here = [node.alias for node in nodes if _is_here(node)]
        if here:
            log.warning("no users are made on %s: on this machine, whose users they have", ", ".join(here))
        nodes = [node for node in nodes if not _is_here(node)]
        if not nodes:
            return
        log.info("Creating %d users on %s", len(self.usernames), ", ".join(node.alias for node in nodes))
        accounts = self._accounts()
        self.pool.map(lambda node: self._add(node, accounts), nodes, jobid_fn=lambda node: node.alias)
        if not _is_here(self._master):
            self.pool.map(lambda name: self._master.enable_passwordless_ssh(name, nodes), self.usernames)

    def _accounts(self):
        """(name, uid, gid) of each: the same on all nodes."""
        uid, gid = self._get_max_unused_user_id()
        accounts = []
        for place, name in enumerate(self.usernames):
            found = next(filter(None, (node.getpwnam(name) for node in self._nodes)), None)
            numbers = (found.pw_uid, found.pw_gid) if found else (uid + place, gid + place)
            accounts.append((name, *numbers))
        return accounts

    def _add(self, node, accounts):
        for name, uid, gid in accounts:
            node.add_user(name, uid, gid, self._user_shell)

    def _download(self, master):
        os.makedirs(self._keys_folder, mode=0o700, exist_ok=True)
        for name in self.usernames:
            key = posixpath.join(master.getpwnam(name).pw_dir, ".ssh", "id_rsa")
            path = os.path.join(self._keys_folder, f"{name}.rsa")
            master.ssh.get(key, path)
            os.chmod(path, 0o600)
        log.info("The keys of %s are in %s", ", ".join(self.usernames), self._keys_folder)


def _is_here(node):
    return node.address.startswith("unix:")
