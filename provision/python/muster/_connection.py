"""What Node.connect() gives: commands on a node as of paramiko's SSHClient, through the node's clusterd."""

import shlex

from . import _provision

SLICE = 0.1  # seconds; how soon Ctrl-C is seen


def with_environment(command, environment):
    return "".join(f"export {name}={shlex.quote(value)}; " for name, value in (environment or {}).items()) + command


class Connection:
    """A connection to one node."""

    def __init__(self, cluster, name, address, timeout):
        self._connection = _provision.Connection(cluster, name, address)
        self._name = name
        if (reason := self._connection.check(timeout)) is not None:
            raise ConnectionError(f"{name} at {address} does not answer: {reason}")

    def exec_command(self, command, bufsize=-1, timeout=None, get_pty=False, environment=None):
        """Starts a line of the node's shell: (stdin, stdout, stderr), whose .channel has recv_exit_status().
        `timeout`: in seconds, after which the command is stopped."""
        line = with_environment(command, environment)
        if self._connection is None:
            raise ConnectionError(f"the connection to {self._name} was closed")
        channel = Channel(self._connection.run(self._name, line, timeout or 0.0, get_pty))
        return Input(channel), Output(channel, True), Output(channel, False)

    def close(self):
        """Commands that run go on as long as somebody has their files."""
        self._connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Channel:
    """One running command. One thread at a time."""

    def __init__(self, call):
        self._call = call
        self._waiting = {True: bytearray(), False: bytearray()}  # what nobody read yet, of stdout and stderr
        self._has_ended = False

    def take(self):
        """Waits for a piece of output; False: there will be no more."""
        while not self._has_ended:
            piece = self._call.next(SLICE)
            if piece is None:
                self._has_ended = True
            elif piece:
                self._waiting[piece[0]] += piece[1]
                return True
        return False

    def waiting(self, is_stdout):
        return self._waiting[is_stdout]

    def write(self, data):
        return self._call.write(data)

    def shutdown_write(self):
        """The command finds the end of its input."""
        self._call.close_input()

    def exit_status_ready(self):
        return self._has_ended or self._call.outcome(0.0) is not None

    def recv_exit_status(self):
        """Waits for the end: the exit code; -1 when there is none, and .reason says why."""
        while self.take():
            pass
        while (outcome := self._call.outcome(SLICE)) is None:
            pass
        return outcome[1] if outcome[0] in ("ok", "failed") else -1

    @property
    def reason(self):
        """How it ended, in one line: "ok", "failed: exit code 2", "signalled: 9"; "" while it runs."""
        outcome = self._call.outcome(0.0)
        return "" if outcome is None else outcome[3]

    def close(self):
        """Stops the command."""
        self._call.cancel()


class _File:
    def __init__(self, channel):
        self.channel = channel
        self.closed = False

    def close(self):
        self.closed = True

    def flush(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Input(_File):
    """The standard input of a command."""

    def write(self, data):
        if not self.channel.write(data.encode() if isinstance(data, str) else bytes(data)):
            raise OSError("the command has ended, or its input was closed")

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def close(self):
        if not self.closed:
            self.channel.shutdown_write()
        super().close()


class Output(_File):
    """The standard output or error of a command: read() gives bytes, lines are texts."""

    def __init__(self, channel, is_stdout):
        super().__init__(channel)
        self._is_stdout = is_stdout

    def read(self, size=None):
        waiting = self.channel.waiting(self._is_stdout)
        while (size is None or size < 0 or len(waiting) < size) and self.channel.take():
            pass
        end = len(waiting) if size is None or size < 0 else size
        data = bytes(waiting[:end])
        del waiting[:end]
        return data

    def readline(self):
        waiting = self.channel.waiting(self._is_stdout)
        seen = 0
        while (end := waiting.find(b"\n", seen)) < 0:
            seen = len(waiting)
            if not self.channel.take():
                break
        return self.read(len(waiting) if end < 0 else end + 1).decode(errors="replace")

    def readlines(self):
        return list(self)

    def __iter__(self):
        while line := self.readline():
            yield line
