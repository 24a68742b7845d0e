"""What Node.connect() gives of a host that has no clusterd: the same, through the system's ssh."""

import os
import selectors
import shlex
import subprocess
import time

from ._connection import Channel, Input, Output, with_environment


class SshConnection:
    """Each command is an ssh of its own. It ends with that one; what it left running on the host does not."""

    def __init__(self, host, user, key, timeout):
        self._words = [*(shlex.split(os.environ.get("MUSTER_SSH", "")) or ["ssh"]), "-o", "BatchMode=yes",
                       "-o", f"ConnectTimeout={max(1, round(timeout))}"]
        self._words += (["-i", key] if key else []) + (["-l", user] if user else [])
        self._host = host
        done = subprocess.run([*self._words, "--", host, "true"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
            raise ConnectionError(f"{host} has no clusterd, and ssh does not reach it: {reason}")

    def exec_command(self, command, bufsize=-1, timeout=None, get_pty=False, environment=None):
        if self._words is None:
            raise ConnectionError(f"the connection to {self._host} was closed")
        process = subprocess.Popen(
            [*self._words, *(["-tt"] if get_pty else []), "--", self._host, with_environment(command, environment)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        channel = Channel(_SshCall(process, timeout))
        return Input(channel), Output(channel, True), Output(channel, False)

    def close(self):
        self._words = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _SshCall:
    """A process, used as the library's calls are."""

    def __init__(self, process, timeout):
        self._process = process
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._stopped = ""
        self._selector = selectors.DefaultSelector()
        for is_stdout, stream in ((True, process.stdout), (False, process.stderr)):
            self._selector.register(stream, selectors.EVENT_READ, is_stdout)

    def _check_time(self):
        if self._deadline is not None and time.monotonic() > self._deadline:
            self._deadline = None
            self._stop("timed_out: its deadline passed")

    def _stop(self, why):
        if self._process.poll() is None:
            self._stopped = why
            self._process.terminate()

    def next(self, seconds):
        self._check_time()
        if not self._selector.get_map():
            return None
        for key, _ in self._selector.select(seconds):
            if data := os.read(key.fd, 65536):
                return key.data, data
            self._selector.unregister(key.fileobj)
            key.fileobj.close()
        return False if self._selector.get_map() else None

    def outcome(self, seconds):
        self._check_time()
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        if self._stopped:
            return self._stopped.split(":")[0], 0, 0, self._stopped
        if code < 0 or code == 255:  # of ssh itself; a command that ends with it cannot be told from that
            return "lost", 0, 0, f"lost: ssh ended with {code}"
        return ("failed", code, 0, f"failed: exit code {code}") if code else ("ok", 0, 0, "ok")

    def write(self, data):
        try:
            while data:
                data = data[self._process.stdin.write(data):]
        except (OSError, ValueError):
            return False
        return True

    def close_input(self):
        try:
            self._process.stdin.close()
        except OSError:
            pass  # it has ended

    def cancel(self):
        self._stop("cancelled: by its caller")
