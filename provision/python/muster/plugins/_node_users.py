"""Users and groups of a node."""

import grp
import posixpath
import pwd
import re

from . import exception
from ._remote_paths import word
from .logger import log


class NodeUsers:
    """Those methods. Who has no right to change users on the node is told so by its commands."""

    def get_user_map(self, key_by_uid=False):
        """Its users, as pwd.struct_passwd by name, or by uid."""
        users = [_user(line) for line in self.ssh.output("getent passwd").splitlines() if line.count(":") == 6]
        return {user.pw_uid if key_by_uid else user.pw_name: user for user in reversed(users)}

    def getpwnam(self, username):
        """The user of that name; None: there is none."""
        return self._user(username)

    def getpwuid(self, uid):
        """The user of that number; None: there is none."""
        return self._user(int(uid))

    def _user(self, key):
        line = self.ssh.output(f"getent passwd {word(key)}", allowed=(0, 2)).strip()
        found = _user(line) if line else None
        wanted = found and (found.pw_uid if isinstance(key, int) else found.pw_name)
        return found if wanted == key else None  # getent takes a number for a name, too

    def get_group_map(self, key_by_gid=False):
        """Its groups, as grp.struct_group by name, or by gid."""
        groups = [_group(line) for line in self.ssh.output("getent group").splitlines() if line.count(":") == 3]
        return {group.gr_gid if key_by_gid else group.gr_name: group for group in reversed(groups)}

    def getgrnam(self, groupname):
        """The group of that name; None: there is none."""
        return self._group(groupname)

    def getgrgid(self, gid):
        """The group of that number; None: there is none."""
        return self._group(int(gid))

    def _group(self, key):
        line = self.ssh.output(f"getent group {word(key)}", allowed=(0, 2)).strip()
        found = _group(line) if line else None
        wanted = found and (found.gr_gid if isinstance(key, int) else found.gr_name)
        return found if wanted == key else None

    def add_user(self, name, uid=None, gid=None, shell="bash"):
        """Adds a user and its home; one that is there stays as it is."""
        if self.getpwnam(name) is not None:
            log.debug("%s has user %s already", self.alias, name)
            return
        options = []
        if gid is not None:
            group = self.getgrgid(gid)
            if group is None:
                self.ssh.execute(f"groupadd -o -g {int(gid)} {word(name)}")
            options += ["-g", str(int(gid))]
        if uid is not None:
            options += ["-o", "-u", str(int(uid))]
        path = (self.ssh.which(shell) or [shell])[0]
        self.ssh.execute(f"useradd -m {' '.join(options)} -s {word(path)} {word(name)}")

    def remove_user(self, name):
        """Removes a user, and keeps its home."""
        self.ssh.execute(f"userdel {word(name)}")

    def add_user_to_group(self, username, group):
        """Makes a user a member of a group, too."""
        self.ssh.execute(f"usermod -a -G {word(group)} {word(username)}")

    # ---- Keys of ssh ----

    def generate_key_for_user(self, username, ignore_existing=False, auth_new_key=False, auth_conn_key=False):
        """Gives the user a key, ~/.ssh/id_rsa, unless there is one; its text. `auth_new_key`: who has it may log in here."""
        user = self._wanted(username)
        folder = posixpath.join(user.pw_dir, ".ssh")
        key = posixpath.join(folder, "id_rsa")
        owner = f"{user.pw_uid}:{user.pw_gid}"
        if ignore_existing or not self.ssh.isfile(key):
            self.ssh.output(f"umask 077; mkdir -p {word(folder)} && rm -f {word(key)} {word(key)}.pub && "
                            f"ssh-keygen -q -t rsa -b 3072 -N '' -f {word(key)} && chown -R {owner} {word(folder)}")
        if auth_new_key:
            keys = word(posixpath.join(folder, "authorized_keys"))
            self.ssh.output(f"umask 077; touch {keys}; grep -qxFf {word(key)}.pub {keys} || cat {word(key)}.pub >> {keys}; "
                            f"chown {owner} {keys}")
        return self.ssh.output(f"cat {word(key)}")

    def add_to_known_hosts(self, username, nodes, add_self=True):
        """Writes the nodes' host keys to the user's known_hosts."""
        user = self._wanted(username)
        path = posixpath.join(user.pw_dir, ".ssh", "known_hosts")
        self.remove_from_known_hosts(username, nodes)
        lines = []
        for node in [*nodes, *([self] if add_self and self not in nodes else [])]:
            for key in node.ssh.output("cat /etc/ssh/ssh_host_*_key.pub 2>/dev/null || true").splitlines():
                names = dict.fromkeys([node.alias, node.private_dns_name, node.private_dns_name_short, node.private_ip_address])
                lines.append(f"{','.join(names)} {' '.join(key.split()[:2])}\n")
        self.ssh.output(f"umask 077; mkdir -p {word(posixpath.dirname(path))} && cat >> {word(path)} && "
                        f"chown {user.pw_uid}:{user.pw_gid} {word(path)} {word(posixpath.dirname(path))}", "".join(lines).encode())

    def remove_from_known_hosts(self, username, nodes):
        """Takes the nodes' keys from the user's known_hosts."""
        path = posixpath.join(self._wanted(username).pw_dir, ".ssh", "known_hosts")
        if self.ssh.isfile(path):
            for node in nodes:
                self.ssh.remove_lines_from_file(path, rf"^(\S*,)?{re.escape(node.alias)}[, ]")

    def enable_passwordless_ssh(self, username, nodes):
        """Has the user log in from this node to all of them without a password."""
        user = self._wanted(username)
        self.generate_key_for_user(username, auth_new_key=True)
        public = self.ssh.output(f"cat {word(posixpath.join(user.pw_dir, '.ssh', 'id_rsa.pub'))}")
        self.add_to_known_hosts(username, nodes)
        for node in nodes:
            there = node._wanted(username)
            keys = word(posixpath.join(there.pw_dir, ".ssh", "authorized_keys"))
            folder = word(posixpath.join(there.pw_dir, ".ssh"))
            node.ssh.output(f"umask 077; mkdir -p {folder}; touch {keys}; k=$(cat); grep -qxF \"$k\" {keys} || printf '%s\\n' "
                            f"\"$k\" >> {keys}; chown {there.pw_uid}:{there.pw_gid} {folder} {keys}", public.strip().encode())

    def _wanted(self, username):
        user = self.getpwnam(username)
        if user is None:
            raise exception.BaseException(f"{self.alias} has no user {username}: add_user() makes one")
        return user


def _user(line):
    name, password, uid, gid, gecos, home, shell = line.split(":", 6)
    return pwd.struct_passwd((name, password, int(uid), int(gid), gecos, home, shell))


def _group(line):
    name, password, gid, members = line.split(":", 3)
    return grp.struct_group((name, password, int(gid), [member for member in members.split(",") if member]))
