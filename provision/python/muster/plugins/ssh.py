"""Commands and files of one node, by the names of StarCluster's SSH client. They go through the node's clusterd."""

import codecs
import os
import string
import sys
import weakref

from . import _launch, exception
from ._remote_paths import Attributes, RemotePaths  # noqa: F401 (Attributes: what stat() gives)
from ._sftp import Sftp
from .logger import lines_of, log
from .remote_file import RemoteFile

MOST_LOGGED = 1000  # lines of a command's output, at its begin and at its end
WIDEST_LOGGED = 2000  # characters of one
_NO_ANSWER = {"unreachable", "lost", "refused", "skipped", "start_failed"}
_PRINTABLE = set(string.printable)


class Ssh(RemotePaths):
    """node.ssh. Thread-safe, but for switch_user().

    timeout: seconds that execute() gives each command which is not told its own; None: no end
    """

    timeout = None

    def __init__(self, connections, node):
        self._connections = connections
        self._node = node  # its name
        self._user = None  # a _launch.User, when it is another than the daemon's
        self._files = weakref.WeakSet()
        self._last_status = None
        self._account = None  # (name, uid) of whom clusterd runs commands as
        self.sftp = Sftp(self)

    # ---- Commands ----

    def execute(self, command, silent=True, only_printable=False, ignore_exit_status=False, log_output=True,
                detach=False, source_profile=True, raise_on_failure=True, timeout=None):
        """Runs a command (of several lines, too) with bash, or sh where there is none, and returns its lines, stripped:
        all of stdout, then all of stderr. RemoteCommandFailed: it ended with another status than 0.

        silent: False: prints what it prints, as it comes
        only_printable: drops characters that are not printable ASCII
        ignore_exit_status: any status will do; raise_on_failure: False: a failure is an error in the log only
        log_output: its lines go to the debug file
        detach: starts it and returns None; it goes on
        source_profile: reads /etc/profile first (with bash)
        timeout: seconds; then it is stopped with all that it started, and RemoteCommandTimeout raised
        """
        with lines_of(self._node):
            log.debug("executing remote command: %s", command)
            words, data = _launch.words_of(command, source_profile, self._user, detach)
            show = None if silent else _Lines(self._node if _in_pool() else "")
            ended = self._run(words, data, timeout=self.timeout if timeout is None else timeout, on_output=show)
            if show is not None:
                show.close()
            status = self._status_of(ended)
            if detach and status == 0:
                return None
            lines = _lines(ended.stdout, only_printable) + _lines(ended.stderr, only_printable)
            if log_output:
                _log_lines(lines)
            if status != 0:
                self._failed(command, ended, status, lines, ignore_exit_status, raise_on_failure, timeout)
            return lines

    def _failed(self, command, ended, status, lines, ignored, raised, timeout):
        kind = exception.RemoteCommandFailed
        message = f"remote command '{command}' failed with status {status}"
        if ended.kind == "timed_out":
            kind = exception.RemoteCommandTimeout
            message = f"remote command '{command}' was stopped after {timeout or self.timeout} seconds"
        elif ended.kind not in ("failed", "ok"):
            message += f" ({ended.description})"
        error = kind(message, command, status, lines, self._node)
        if ignored and kind is exception.RemoteCommandFailed:
            log.debug("(ignored) %s", error)
        elif raised:
            raise error
        else:
            log.error("%s: %s", self._node, error)

    def execute_async(self, command, source_profile=True):
        """Starts a command and does not wait; it goes on when the plugin has ended."""
        self.execute(command, source_profile=source_profile, detach=True)

    def get_status(self, command, source_profile=True):
        """Runs a command; its exit status."""
        self.execute(command, ignore_exit_status=True, source_profile=source_profile, log_output=False)
        return self._last_status

    def get_last_status(self):
        """The exit status of the last command; None: there was none yet."""
        return self._last_status

    def which(self, prog):
        """Where the program is in the PATH, as a list; empty: nowhere."""
        return self.output(f"command -v -- {quote(prog)}", allowed=(0, 1, 127)).splitlines()

    def has_required(self, progs):
        """Whether all these programs are in the PATH."""
        return all(self.which(prog) for prog in progs)

    def check_required(self, progs):
        """RemoteCommandNotFound: one of these programs is not in the PATH."""
        for prog in progs:
            if not self.which(prog):
                raise exception.RemoteCommandNotFound(prog)

    def get_env(self):
        """The variables of a command's environment, as a dict."""
        pairs = (line.partition("=") for line in self.output("env -0").split("\0"))
        return {name: value for name, equals, value in pairs if equals}

    def get_path(self):
        """The folders of its PATH, as a list."""
        return self.get_env().get("PATH", "").split(":")

    # ---- Users ----

    def switch_user(self, user):
        """Has everything from now on run as that user: of a clusterd of root with runuser or su, of others with
        `sudo -n`. SSHAuthException: that is not allowed, and why. "root", where nobody may be root, is whom clusterd
        runs commands as: plugins switch back so."""
        if user == self.get_current_user():
            return
        name, uid = self._own_account()
        if user == name:
            self._user = None
            return
        entry = self._as_daemon(f"getent passwd -- {quote(user)}").strip().split(":")
        if len(entry) < 7:
            raise exception.SSHAuthException(f"{self._node} has no user {user}, so that nothing can run as that user")
        for switched in _launch.switched(uid, user, entry[5], entry[6]):
            ended = self._connections.run(self._node, [*switched.prefix, "true"])
            if ended.kind == "ok":
                self._user = switched
                return
        if user == "root":
            log.debug("%s: commands run as %s there, who may not become root", self._node, name)
            self._user = None
            return
        reason = ended.stderr.decode(errors="replace").strip().splitlines() or [ended.description]
        raise exception.SSHAuthException(
            f"{self._node}: commands run as {name} there, who may not become {user}: {reason[-1]}; have clusterd run "
            f"as root there, or let {name} use `sudo -n -u {user}`")

    def connect(self, host=None, username=None, **_):
        """As switch_user(username); there is nothing to connect."""
        if username is not None:
            self.switch_user(username)
        return self

    def get_current_user(self):
        """Whose rights commands have."""
        return self._user.name if self._user is not None else self._own_account()[0]

    @property
    def _username(self):
        return self.get_current_user()

    _pkey = None  # there is no key: clusterd knows its callers

    def _own_account(self):
        if self._account is None:
            name, uid = self._as_daemon("id -un; id -u").split()
            self._account = name, int(uid)
        return self._account

    def _as_daemon(self, line):
        ended = self._connections.run(self._node, ["sh", "-c", line])
        self._reached(ended)
        return ended.stdout.decode("utf-8", "surrogateescape")

    # ---- Files that are open ----

    def remote_file(self, file, mode="w"):
        """A file of the node, opened: a RemoteFile. It is written when it is closed, when nobody has it any more, and
        at the end of the hook."""
        opened = RemoteFile(self, str(file), mode)
        self._files.add(opened)
        return opened

    def flush_files(self):
        """Writes what was written to files that are still open; OSError, SSHConnectionError: the first that could not
        be."""
        failures = []
        for file in list(self._files):
            try:
                file.flush()
            except (OSError, exception.SSHConnectionError) as error:
                failures.append(type(error)(f"{file.name} was not written: {error}"))
        if failures:
            raise failures[0]

    def _give_up_files(self):
        """Whatever is still open is not written any more."""
        for file in list(self._files):
            file.closed = True

    def close(self):
        """Writes what is open. Connections are everybody's."""
        self.flush_files()

    # ---- How it is done ----

    def _run(self, words, data=b"", timeout=None, on_output=None):
        return self._connections.run(self._node, words, data=data, timeout=timeout, on_output=on_output)

    def _reached(self, ended):
        if ended.kind in _NO_ANSWER:
            raise exception.SSHConnectionError(ended.description)

    def _status_of(self, ended):
        self._reached(ended)
        status = ended.exit_code
        if ended.kind == "signalled":
            status = 128 + ended.signal
        elif ended.kind not in ("ok", "failed"):
            status = -1
        self._last_status = status
        return status

    def output(self, line, data=b"", allowed=(0,)):
        """Runs a line of sh for a method of this class; its stdout as text. OSError: it failed, and what it said."""
        return self.output_bytes(line, data, allowed).decode("utf-8", "surrogateescape")

    def output_bytes(self, line, data=b"", allowed=(0,)):
        """The same, as bytes."""
        ended = self._run(_launch.words_of(line, False, self._user)[0], data)
        self._reached(ended)
        if ended.kind not in ("ok", "failed") or ended.exit_code not in allowed:
            reason = ended.stderr.decode("utf-8", "replace").strip() or ended.description
            raise OSError(f"{self._node}: {reason}")
        return ended.stdout


def quote(text):
    """One word of a shell."""
    return _launch.shlex.quote(str(text))


def _in_pool():
    from .threadpool import in_job
    return in_job()


def _lines(data, only_printable):
    lines = data.decode("utf-8", "replace").splitlines()
    if only_printable:
        lines = ["".join(letter for letter in line if letter in _PRINTABLE) for line in lines]
    return [line.strip() for line in lines]


def _log_lines(lines):
    """In the debug file; of many the first and the last, of wide ones the beginning."""
    left_out = len(lines) - 2 * MOST_LOGGED
    shown = lines if left_out <= 0 else [*lines[:MOST_LOGGED], f"… {left_out} lines …", *lines[-MOST_LOGGED:]]
    for line in shown:
        log.debug("%s", line if len(line) <= WIDEST_LOGGED else f"{line[:WIDEST_LOGGED]} … ({len(line)} characters)")


class _Lines:
    """Prints whole lines as they come, of stdout and stderr; of several nodes at once with the node in front."""

    def __init__(self, node):
        self._node = node
        self._rest = {True: "", False: ""}
        self._decoders = {is_stdout: codecs.getincrementaldecoder("utf-8")("replace") for is_stdout in (True, False)}

    def __call__(self, is_stdout, data):
        text = self._rest[is_stdout] + self._decoders[is_stdout].decode(data)
        *lines, self._rest[is_stdout] = text.split("\n")
        self._print(lines)

    def close(self):
        self._print([rest for rest in self._rest.values() if rest])

    def _print(self, lines):
        before = f"{self._node}: " if self._node else ""
        for line in lines:
            sys.stdout.write(f"{before}{line}\n")
        sys.stdout.flush()


def get_rsa_key(key_location=None, key_file_obj=None, passphrase=None, use_pycrypto=False):
    """The text of a private key here."""
    if key_file_obj is not None:
        return key_file_obj.read()
    with open(os.path.expanduser(key_location), encoding="ascii") as file:
        return file.read()


SSHClient = Ssh  # as StarCluster calls it
