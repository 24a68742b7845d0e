"""What is done to the machine of a node, and to its life."""

import os
import posixpath
import shutil
import subprocess
import time

from . import exception
from ._remote_paths import word
from .logger import log


class NodeMachine:
    """Those methods. A node on this machine (its address is a Unix socket) shares its name, its /etc/hosts and its file
    systems with you: there they change nothing, and say so."""

    def _is_here(self, what):
        is_here = self.address.startswith("unix:")
        if is_here:
            log.warning("%s is on this machine: %s", self.alias, what)
        return is_here

    # ---- Names ----

    def set_hostname(self, hostname=None):
        """Names the machine; its alias, if not said."""
        name = hostname or self.alias
        if not self._is_here(f"its host name stays, and does not become {name}"):
            self.ssh.execute(f"hostname {word(name)} && echo {word(name)} > /etc/hostname")
            self._asked.clear()

    def get_hostname(self):
        """As it calls itself."""
        return self.ssh.output("hostname").strip()

    def add_to_etc_hosts(self, nodes):
        """Writes the nodes to its /etc/hosts."""
        if not self._is_here("/etc/hosts stays as it is"):
            self._without(nodes)
            lines = "".join(node.get_hosts_entry() + "\n" for node in nodes)
            self.ssh.output("cat >> /etc/hosts", lines.encode())

    def remove_from_etc_hosts(self, nodes):
        """Takes the nodes from its /etc/hosts."""
        if not self._is_here("/etc/hosts stays as it is"):
            self._without(nodes)

    def _without(self, nodes):
        for node in nodes:
            self.ssh.remove_lines_from_file("/etc/hosts", rf"\s{node.alias}\s*$")

    # ---- File systems ----

    def start_nfs_server(self):
        """Starts it."""
        if not self._is_here("no NFS server is started"):
            self.ssh.execute("systemctl start nfs-kernel-server || systemctl start nfs-server || service nfs start")

    def export_fs_to_nodes(self, nodes, export_paths):
        """Lets the nodes mount these folders of its."""
        if self._is_here("nothing is exported"):
            return
        self.ssh.remove_lines_from_file("/etc/exports", "|".join(rf"^{path}\s+{node.alias}\(" for path in export_paths
                                                                 for node in nodes))
        lines = "".join(f"{path} {node.alias}(async,no_root_squash,no_subtree_check,rw)\n" for path in export_paths
                        for node in nodes)
        self.ssh.output("cat >> /etc/exports && exportfs -fra", lines.encode())

    def stop_exporting_fs_to_nodes(self, nodes, paths=None):
        """No longer lets them."""
        if not self._is_here("nothing was exported"):
            for path in paths or [r"\S+"]:
                regex = "|".join(rf"^{path}\s+{node.alias}\(" for node in nodes)
                self.ssh.remove_lines_from_file("/etc/exports", regex)
            self.ssh.execute("exportfs -fra")

    def mount_nfs_shares(self, server_node, remote_paths):
        """Mounts folders of another node in the same places."""
        if self._is_here("nothing is mounted"):
            return
        for path in remote_paths:
            line = f"{server_node.alias}:{path} {path} nfs vers=3,user,rw,exec,noauto 0 0\n"
            self.ssh.remove_lines_from_file("/etc/fstab", rf"\s{path}\s+nfs")
            place = word(path)
            self.ssh.output(f"cat >> /etc/fstab; mkdir -p {place}; mountpoint -q {place} || mount {place}",
                            line.encode())

    def mount_device(self, device, path):
        """Mounts a device."""
        if not self._is_here("nothing is mounted"):
            self.ssh.execute(f"mkdir -p {word(path)}; mountpoint -q {word(path)} || mount {word(device)} {word(path)}")

    def get_mount_map(self):
        """What is mounted: by device, [folder, type, options]."""
        lines = (line.split() for line in self.ssh.output("cat /proc/mounts").splitlines())
        return {words[0]: words[1:4] for words in lines}

    def copy_remote_file_to_nodes(self, remote_file, nodes, dest=None):
        """Copies a file of this node to others; to the same place, if not said."""
        data = self.ssh.output_bytes(f"cat {word(remote_file)}")
        mode = self.ssh.stat(remote_file).st_mode & 0o777
        for node in nodes:
            path = dest or remote_file
            folder, place = word(posixpath.dirname(path) or "."), word(path)
            node.ssh.output(f"mkdir -p {folder} && cat > {place} && chmod {mode:o} {place}", data)

    def copy_remote_file_to_node(self, remote_file, node, dest=None):
        """The same, of one node."""
        self.copy_remote_file_to_nodes(remote_file, [node], dest)

    # ---- Its life ----

    def is_up(self):
        """Whether its clusterd answers within 5 seconds."""
        return bool(self._connections.check(5.0).get(self.alias, {}).get("functional"))

    def wait(self, interval=1, timeout=600):
        """Waits until it is_up(); so many seconds at most."""
        end = time.monotonic() + timeout
        while not self.is_up():
            if time.monotonic() > end:
                raise exception.SSHConnectionError(f"{self.alias} does not answer for {timeout} seconds")
            time.sleep(min(interval, 1))

    def update(self):
        """Forgets what it was asked; its state."""
        self._asked.clear()
        return self.state

    def shell(self, user=None, forward_x11=False, forward_agent=False, command=None, **_):
        """A shell at a terminal, or a command whose output is shown; the exit code. Nothing is forwarded: there is no
        ssh."""
        if command is not None:
            return self._shown(command, user)
        folder = os.environ.get("MUSTER_BIN_DIR")
        program = shutil.which("clustershell") or folder and shutil.which("clustershell", path=folder)
        if not program:
            raise exception.CommandNotFound("clustershell")
        cluster = ["--cluster", self.parent_cluster] if self.parent_cluster else []
        return subprocess.run([program, *cluster, "-c", f"@{self.alias}"], check=False).returncode

    def _shown(self, command, user):
        before = self.ssh.get_current_user()
        self.ssh.switch_user(user or before)
        try:
            self.ssh.execute(command, silent=False, ignore_exit_status=True)
            return self.ssh.get_last_status()
        finally:
            self.ssh.switch_user(before)

    def _record(self, what):
        """The node in the record of its cluster, as muster.Node."""
        from ..exceptions import ClusterNotFound, NodeNotFound
        from ..repository import SqliteRepository
        try:
            return SqliteRepository().get(self.parent_cluster).get_node_by_name(self.alias)
        except (ClusterNotFound, NodeNotFound):
            raise exception.InvalidOperation(
                f"{self.alias} was not started by Muster, which cannot {what} it") from None

    def start(self):
        """Starts its instance again; InvalidOperation: it was not started by Muster."""
        self._record("start").start()

    def stop(self):
        """Stops its instance."""
        self._record("stop").stop()

    def terminate(self):
        """Stops its instance, and takes the node from the cluster."""
        node = self._record("terminate")
        node._cluster.remove_node(node, stop=True)

    shutdown = terminate

    def reboot(self):
        """Has the machine start anew; a node on this machine does not."""
        if not self._is_here("it is not rebooted"):
            self.ssh.execute("systemctl reboot || reboot", ignore_exit_status=True)
