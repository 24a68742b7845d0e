"""Many daemons at once, for the rows that need them."""

import os
import resource
import signal
import subprocess

import memory
import processes

AT_ONCE = 64  # that start at the same time
SERVERS = 250  # processes of bare gRPC at most: a thousand more would be more than a machine has numbers for
DAEMON_MIB = 4  # of memory that one takes with its spawner, and with a warm zygote and worker
WARM_MIB = 16
NUMBERS = 24  # of processes and threads of a warm node


def available_mib():
    return memory.meminfo("MemAvailable") >> 20


def bearable(nodes):
    """Why this machine does not bear so many daemons; empty: it does."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open("/proc/sys/kernel/pid_max", encoding="utf-8") as file:
        numbers = int(file.read())
    for needed, there, what in ((nodes * DAEMON_MIB, available_mib(), "MiB of memory"),
                                (nodes * 4, hard, "descriptors"), (nodes * NUMBERS, numbers, "process numbers")):
        if needed > there:
            return f"{nodes} nodes need {needed} {what}, and there are {there}"
    return ""


class Crowd:
    """Daemons n1, n2, … and d1, d2, …, of which the latter are killed at once, with their sockets left.
    They end with this process, whatever ends it: one end of a pipe is theirs."""

    def __init__(self, stage, nodes, dead):
        self.folder = stage.folder / "crowd"
        self.folder.mkdir()
        self._stage = stage
        self._daemons = []
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self._lifeline, self._our_end = os.pipe()
        names = [f"n{i}" for i in range(1, nodes + 1)] + [f"d{i}" for i in range(1, dead + 1)]
        for begin in range(0, len(names), AT_ONCE):
            starting = [self._start(name) for name in names[begin:begin + AT_ONCE]]
            self._daemons += starting
            for daemon in starting:
                processes.read_line(daemon.stdout, processes.READY, "clusterd")
                daemon.stdout.close()
        for daemon in self._daemons[nodes:]:
            daemon.send_signal(signal.SIGKILL)
            daemon.wait()

    def _start(self, name):
        words = [self._stage.programs / "clusterd", "--name", name, "--listen", f"unix:{self.folder}/{name}.sock",
                 "--log-level", "error", "--parent-fd", str(self._lifeline)]
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0,
                                pass_fds=(self._lifeline,), env=self._stage.environment)

    def configuration(self, nodes, dead):
        """The file that names so many nodes, the last of which are dead ones."""
        path = self.folder / f"{nodes}-{dead}.conf"
        names = [f"n{i}" for i in range(1, nodes - dead + 1)] + [f"d{i}" for i in range(1, dead + 1)]
        lines = ",\n  ".join(f"{name}=unix:{self.folder}/{name}.sock" for name in names)
        path.write_text(f"[cluster crowd]\nnodes = {lines}\n", encoding="utf-8")
        return path

    def pids(self):
        return [daemon.pid for daemon in self._daemons if daemon.returncode is None]

    def end(self):
        os.close(self._our_end)
        os.close(self._lifeline)
        for daemon in self._daemons:
            try:
                daemon.wait(processes.END)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
