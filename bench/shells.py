"""The shell beside other shells: its start beside bash's, and one line on several nodes beside clush and pdsh,
which go over a sshd of our own on this machine."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

from figures import Figure
from processes import BenchError

SSHD = "/usr/sbin/sshd"
HOST = "127.0.0.7"
READY = 20  # seconds
LINE = "echo here"
FURTHER = 10  # lines after the first, over the same connections


def milliseconds(words, stage, more=None, lines=1):
    """How long a program takes, which prints `lines` lines."""
    begin = time.perf_counter()
    result = subprocess.run([str(word) for word in words], env={**stage.environment, **(more or {})},
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
    took = (time.perf_counter() - begin) * 1000
    if result.returncode != 0 or len(result.stdout.splitlines()) != lines:
        raise BenchError(f"{words[0]} ended with {result.returncode}: {result.stdout}{result.stderr}")
    return took


class Sshd:
    """A sshd for one user, with keys of its own; every host name leads to it."""

    def __init__(self, stage):
        self.folder = stage.folder
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        for key in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / key], check=True,
                           stdin=subprocess.DEVNULL)
        shutil.copy(self.folder / "user_key.pub", self.folder / "authorized_keys")
        host_key = (self.folder / "host_key.pub").read_text(encoding="ascii")
        self.write("known_hosts", f"[{HOST}]:{self.port} {host_key}")
        self.client = self.write("ssh_config", (
            f"Host *\n  HostName {HOST}\n  HostKeyAlias [{HOST}]:{self.port}\n  Port {self.port}\n"
            f"  IdentityFile {self.folder}/user_key\n"
            "  IdentitiesOnly yes\n  IdentityAgent none\n  StrictHostKeyChecking yes\n"
            f"  UserKnownHostsFile {self.folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  LogLevel ERROR\n"))
        configuration = self.write("sshd_config", (
            f"Port {self.port}\nListenAddress {HOST}\nHostKey {self.folder}/host_key\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 200\n"
            f"SetEnv PATH={stage.programs}:/usr/bin:/bin MUSTER_BIN_DIR={stage.programs}\n"))
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._process = subprocess.Popen([SSHD, "-D", "-E", self.folder / "sshd.log", "-f", configuration],
                                         stdin=subprocess.DEVNULL)
        stage.keep(self)
        self._wait()

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def _wait(self):
        deadline = time.monotonic() + READY
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.02)
        raise BenchError(f"sshd does not accept: {(self.folder / 'sshd.log').read_text(encoding='utf-8')}")

    def end(self):
        self._process.terminate()
        self._process.wait()


def start(stage, size):
    """From its start to its end, with a line that needs no node."""
    figure = Figure(row="S1", name="clustershell -c '', whole", unit="ms", ours=[], against="bash -c true",
                    command="clustershell -c ''")
    words = [stage.programs / "clustershell", "--config", stage.configuration("n1"), "-c", ""]
    for _ in size.rounds_in_time():
        for _ in range(size.starts):
            figure.ours.append(milliseconds(words, stage, lines=0))
            figure.baseline.append(milliseconds(["bash", "-c", "true"], stage, lines=0))
            figure.verified += 1
    yield figure


def clustershell(stage, addresses, more=None):
    """(one line, whole; a further line) on all nodes, in ms."""
    configuration = stage.folder / "shells.conf"
    configuration.write_text("[cluster shells]\nnodes = " + ", ".join(addresses) + "\n", encoding="utf-8")
    words = [stage.programs / "clustershell", "--config", configuration]
    one = milliseconds([*words, "-a", "--", LINE], stage, more, len(addresses))
    many = [word for _ in range(FURTHER + 1) for word in ("-c", f"@ {LINE}")]
    return one, (milliseconds([*words, *many], stage, more, len(addresses) * (FURTHER + 1)) - one) / FURTHER


def others(names, sshd):
    """{who: (command line, environment)} of those that are installed."""
    listed = ",".join(names)
    found = {"clush": (["clush", "-f", "64", "-o", f"-F {sshd.client}", "-w", listed, LINE], {}),
             "pdsh": (["pdsh", "-R", "ssh", "-f", "64", "-w", listed, LINE],
                      {"PDSH_SSH_ARGS_APPEND": f"-F {sshd.client}"})}
    return {who: how for who, how in found.items() if shutil.which(who)}


def lines(stage, size):
    """The same line on the same nodes, in turn: over Unix sockets, over ssh, by whoever is there."""
    if not os.access(SSHD, os.X_OK):
        return
    names = [f"s{number}" for number in range(1, size.shells + 1)]
    daemons = [stage.start_daemon(name) for name in names]
    sshd = Sshd(stage)
    sockets = [f"{name}=unix:{stage.folder}/{name}.sock" for name in names]
    tunnels = [f"{name}=ssh:{name}{stage.folder}/{name}.sock" for name in names]
    peers = others(names, sshd)
    figures = {}

    def take(name, command, took, **facts):
        figure = figures.setdefault(name, Figure(row="S2", name=f"{len(names)} nodes, {name}", unit="ms", ours=[],
                                                 command=command, **{"judged": "ours", **facts}))
        figure.ours.append(took)
        figure.verified += len(names)
        return figure

    for _ in size.rounds_in_time():
        over_sockets, next_socket = clustershell(stage, sockets)
        over_ssh, next_ssh = clustershell(stage, tunnels, {"MUSTER_SSH": f"ssh -F {sshd.client}"})
        take("Unix sockets", f"clustershell -a {LINE}", over_sockets)
        take("Unix sockets, a further line", f"@ {LINE}", next_socket)
        for who, (words, more) in peers.items():
            took = milliseconds(words, stage, more, len(names))
            for name, ours in (("ssh", over_ssh), ("ssh, a further line", next_ssh)):
                take(f"{name}, beside {who}", f"clustershell -a {LINE}", ours, against=" ".join(words[:1]),
                     judged="ratio").baseline.append(took)
        if not peers:
            take("ssh", f"clustershell -a {LINE}", over_ssh)
            take("ssh, a further line", f"@ {LINE}", next_ssh)
    stage.end(sshd)
    for daemon in daemons:
        stage.end(daemon)
    yield from figures.values()


ROWS = {"S1": start, "S2": lines}
