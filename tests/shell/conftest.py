"""What the tests of clustershell share: how it is run, and that nothing of it stays."""

import os
import pathlib
import re
import signal
import subprocess
import time
import uuid

import pexpect
import pytest

BIN = pathlib.Path(os.environ["MUSTER_BIN_DIR"])
# How much longer than promised things may take here.
SLACK = float(os.environ.get("MUSTER_TEST_SLACK", "3"))
LONG = 30 * SLACK


def wait_until(condition, seconds, what):
    """Polls; fails when it did not become true in time."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return result


def freeze(pid):
    """SIGSTOP, and waits until no thread of the process runs any more: one may still answer meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: all(status.read_text().rpartition(") ")[2][0] == "T"
                           for status in pathlib.Path(f"/proc/{pid}/task").glob("*/stat")), LONG, f"{pid} stands still")


def without_time(text):
    """Lines, and the summaries among them without how long it took."""
    return re.sub(r"(?m)^(\d+ ok.*), [\d.]+ (ms|s|m|h)$", r"\1", text).splitlines()


def processes_with(mark):
    """The command lines of the living processes that inherited the mark."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            pass  # it has just gone
    return found


class Terminal(pexpect.spawn):
    """A program in a terminal, given the time to end that it needs on a busy machine: pexpect itself
    fails 0.1 s after its last signal."""

    def close(self, force=True):
        if not self.closed:
            self.ptyproc.fileobj.close()  # the program hears SIGHUP, if it has not ended the terminal
            deadline = time.monotonic() + (LONG if self.flag_eof else SLACK)
            while self.ptyproc.isalive() and time.monotonic() < deadline:
                time.sleep(0.02)
            if self.ptyproc.isalive():
                self.kill(signal.SIGKILL)
                self.ptyproc.wait()
        super().close(force)


class Clustershell:
    """clustershell in an environment of its own: no configuration but the test's."""

    def __init__(self, folder):
        self.folder = folder
        self.mark = f"MUSTER_TEST_MARK={uuid.uuid4()}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "MUSTER_BIN_DIR": str(BIN),
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
            **dict([self.mark.split("=")]),
            **{name: text for name, text in os.environ.items() if name.endswith("SAN_OPTIONS")},
        }
        self.terminals = []

    def start(self, *arguments, program="clustershell", **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        # Unbuffered: what readline() read ahead would be lost to communicate().
        return subprocess.Popen(
            [str(BIN / program), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            env=self.environment, cwd=self.folder, **options)

    def run(self, *arguments, text="", program="clustershell"):
        """Runs it to its end; stdout and stderr are text."""
        return subprocess.run(
            [str(BIN / program), *arguments], input=text, capture_output=True, timeout=LONG,
            encoding="utf-8", errors="surrogateescape", env=self.environment, cwd=self.folder,
            check=False)

    def lines(self, local, *lines, **options):
        """Runs lines on `local` nodes that are started for it."""
        arguments = ["--local", str(local)]
        for line in lines:
            arguments += ["-c", line]
        return self.run(*arguments, **options)

    def terminal(self, *arguments):
        """In a terminal of 24 lines, 100 columns."""
        child = Terminal(
            str(BIN / "clustershell"), list(arguments), env=self.environment, cwd=self.folder,
            dimensions=(24, 100), timeout=LONG, encoding="utf-8")
        self.terminals.append(child)
        return child

    def prompt(self, local):
        child = self.terminal("--local", str(local))
        child.expect_exact("muster> ")
        return child


@pytest.fixture
def clustershell(tmp_path):
    shell = Clustershell(tmp_path)
    yield shell
    for terminal in shell.terminals:
        terminal.close(force=True)
    wait_until(lambda: not processes_with(shell.mark), 5 * SLACK, "all processes of the test gone")
