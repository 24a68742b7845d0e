"""Daemons that serve others by a configuration of their own, and other users in front of them.

The users are those that every Debian has; whatever else of the machine a test changes, it changes in
a mount namespace of the daemon's, which ends with it."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from conftest import BIN, LONG, SLACK, wait_until

ROOT, DAEMON, GAMES, MAN, NEWS, WWW_DATA, NOBODY = 0, 1, 5, 6, 9, 33, 65534
GROUPS = {ROOT: 0, DAEMON: 1, GAMES: 60, MAN: 12, NEWS: 9, WWW_DATA: 33, NOBODY: 65534}
EXIT_CONFIGURATION = 78
CALL_METHODS = BIN.parent / "tests" / "call_methods"


def as_user(uid, groups=()):
    chosen = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    return ["setpriv", "--reuid", str(uid), "--regid", str(GROUPS.get(uid, uid)), *chosen, "--"]


def needs_users():
    """Skips where users cannot be played."""
    if os.geteuid() != 0:
        pytest.skip("only root can play other users")
    if subprocess.run([*as_user(DAEMON), "test", "-x", BIN / "clustershell"], check=False).returncode != 0:
        pytest.skip("other users cannot run what was built here")


def needs_namespaces():
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no mount namespaces here")


def environment(folder, more=None):
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", "TERM": "xterm",
            "XDG_CONFIG_HOME": str(folder / "none"), "XDG_STATE_HOME": str(folder / "none"),
            **{name: text for name, text in os.environ.items() if name.endswith("SAN_OPTIONS")},
            **(more or {})}


def stat_of(pid):
    """(name, state, parent) of a process; None: it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, rest = text.split("(", 1)[1].rsplit(")", 1)
    return name, rest.split()[0], int(rest.split()[1])


def lives(pid):
    found = stat_of(pid)
    return found is not None and found[1] not in "ZX"


def processes():
    """{pid: (name, state, parent)} of all."""
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return {pid: found for pid in pids if (found := stat_of(pid)) and found[1] not in "ZX"}


def descendants(pid):
    all_of_them, found, waiting = processes(), [], [pid]
    while waiting:
        parent = waiting.pop()
        below = [other for other, facts in all_of_them.items() if facts[2] == parent]
        found += below
        waiting += below
    return found


def running(words):
    """The processes whose command line holds these words."""
    found = []
    for pid in processes():
        with contextlib.suppress(OSError):
            if words.encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "):
                found.append(pid)
    return found


class Node:
    """One clusterd, n1, of the user `uid`, in a folder that others may look into."""

    def __init__(self, rules, settings="", uid=ROOT):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-test-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.uid = uid
        self.socket = self.folder / "run" / "n1.sock"
        self.audit = self.folder / "audit" / "n1.audit"
        self.log_path = self.folder / "log"
        self.configuration = self.folder / "cluster.conf"
        self.process = None
        os.chown(self.folder, uid, GROUPS[uid])
        trust = f"trust = {uid}\n" if uid != ROOT else ""
        audit = "" if "audit = " in settings else f"audit = {self.audit}\n"
        self.write(f"[cluster lab]\nnodes = n1=unix:{self.socket}\n{trust}[daemon]\nname = n1\n"
                   f"listen = unix:{self.socket}\n{audit}{settings}\n{rules}")

    def write(self, text):
        self.configuration.write_text(text)
        self.configuration.chmod(0o644)

    def file(self, name, text, mode=0o644):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def launch(self, variables=None, groups=(), namespace="", umask=-1):
        """`namespace`: a script that changes the mounts that this daemon and its jobs see; $FOLDER is
        the node's."""
        command = [BIN / "clusterd", "--config", self.configuration]
        if self.uid != ROOT or groups:
            command = [*as_user(self.uid, groups), *command]
        if namespace:
            needs_namespaces()
            script = f"set -e\nFOLDER={self.folder}\n{namespace}\nexec \"$@\""
            command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *command]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, cwd="/",
                env=environment(self.folder, variables), umask=umask)

    def start(self, **options):
        self.launch(**options)
        assert b"listening" in self.process.stdout.readline(), self.log()
        return self

    def refuses(self):
        """What a daemon says that does not start."""
        self.launch()
        assert self.process.wait(LONG) == EXIT_CONFIGURATION, self.log()
        return self.log()

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def records(self, event=None):
        lines = [json.loads(line) for line in self.audit.read_text(encoding="ascii").splitlines()]
        return [line for line in lines if event in (None, line["event"])]

    def command(self, uid, *lines, groups=()):
        words = [word for line in lines for word in ("-c", line)]
        return [*as_user(uid, groups), BIN / "clustershell", "--config", self.configuration, *words]

    def run(self, uid, *lines, groups=(), text=""):
        return subprocess.run(
            self.command(uid, *lines, groups=groups), input=text, capture_output=True,
            timeout=LONG, encoding="utf-8", errors="surrogateescape", cwd="/",
            env=environment(self.folder), check=False)

    def background(self, uid, *lines):
        return subprocess.Popen(
            self.command(uid, *lines), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd="/", env=environment(self.folder))

    def output(self, uid, *lines, groups=()):
        """What the node prints; it went well."""
        result = self.run(uid, *lines, groups=groups)
        assert result.returncode == 0, result.stdout + result.stderr
        return "".join(line.removeprefix("n1: ") for line in result.stdout.splitlines(keepends=True))

    def call(self, uid, *arguments):
        """call_methods, past clustershell."""
        return subprocess.run(
            [*as_user(uid), CALL_METHODS, self.socket, *arguments], stdin=subprocess.DEVNULL,
            capture_output=True, timeout=LONG, encoding="utf-8", cwd="/",
            env=environment(self.folder), check=False)

    def children(self, name):
        """The pids of the daemon's processes of this name, as far as the kernel knows it."""
        return [pid for pid in descendants(self.process.pid) if (stat_of(pid) or [""])[0] == name[:15]]

    def child(self, name):
        found = self.children(name)
        assert len(found) == 1, (name, found)
        return found[0]

    def stop(self):
        """Ends it; nothing of it stays."""
        if self.process.poll() is not None:
            return self.process.returncode
        below = descendants(self.process.pid)
        self.process.terminate()
        code = self.process.wait(LONG)
        wait_until(lambda: not [pid for pid in below if lives(pid)], 5 * SLACK, "all its processes gone")
        return code

    def close(self):
        try:
            if self.process is not None:
                self.stop()
        finally:
            if self.process is not None:
                if self.process.poll() is None:
                    self.process.send_signal(signal.SIGKILL)
                self.process.communicate()
            shutil.rmtree(self.folder)


@contextlib.contextmanager
def node_for(rules, settings="", uid=ROOT):
    """A Node that is not started yet."""
    needs_users()
    node = Node(rules, settings, uid)
    try:
        yield node
    finally:
        node.close()


@contextlib.contextmanager
def serving(rules, settings="", uid=ROOT, **options):
    with node_for(rules, settings, uid) as node:
        yield node.start(**options)
