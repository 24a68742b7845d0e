"""Whose daemons a cluster's commands are sent to, with two real users: the owner of a daemon, and another."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import pytest

from conftest import BIN, LONG
from daemons import as_user, needs_users

OWNER = 65534
OTHER = 1


def user(uid):
    try:
        return pwd.getpwuid(uid).pw_name, f"user {uid} ({pwd.getpwuid(uid).pw_name})"
    except KeyError:
        return str(uid), f"user {uid}"


@pytest.fixture
def shared(clustershell):
    """A daemon of OWNER on a socket that anybody may connect to; yields how OTHER checks it."""
    needs_users()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-test-", dir="/tmp"))
    folder.chmod(0o755)
    (folder / "n1").mkdir(mode=0o755)
    os.chown(folder / "n1", OWNER, OWNER)
    path = folder / "n1" / "n1.sock"
    clustershell.environment["HOME"] = str(folder / "n1")
    daemon = subprocess.Popen(
        [*as_user(OWNER), BIN / "clusterd", "--name", "n1", "--listen", f"unix:{path}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=clustershell.environment, cwd="/")
    try:
        assert b"listening" in daemon.stdout.readline()
        path.chmod(0o666)

        def check(trust):
            configuration = folder / "lab.conf"
            configuration.write_text(f"[cluster lab]\nnodes = n1=unix:{path}\n{trust}")
            configuration.chmod(0o644)
            result = subprocess.run(
                [*as_user(OTHER), BIN / "clustershell", "--config", configuration, "-c", "check"],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=LONG, encoding="utf-8",
                env=clustershell.environment, cwd="/", check=False)
            return result.returncode, result.stdout + result.stderr

        check.folder = folder
        yield check
    finally:
        daemon.terminate()
        daemon.communicate(timeout=LONG)
        shutil.rmtree(folder)


def test_a_daemon_of_another_user_is_not_trusted(shared):
    name, words = user(OWNER)
    code, said = shared("")
    assert code != 0
    assert (f"{words} serves it, and only a daemon of yours ({user(OTHER)[1]}) or of root is trusted; "
            f"if you trust {name} with your commands, say `trust = {name}` in [cluster lab]") in said
    code, said = shared("trust = 4242, 4243\n")
    assert code != 0
    assert f"if you trust {name} with your commands, add {name} to `trust` in [cluster lab]" in said


@pytest.mark.parametrize("trust", [user(OWNER)[0], str(OWNER), f"root,\n  {OWNER}"])
def test_a_trusted_daemon_that_does_not_allow_the_user_is_told_as_that(shared, trust):
    code, said = shared(f"trust = {trust}\n")
    assert code != 0
    assert "closed the connection before it answered" in said
    assert (f"it may not allow {user(OTHER)[1]}; ask its owner, {user(OWNER)[1]}, "
            f"for a [user {user(OTHER)[0]}] section") in said


def test_a_socket_that_is_closed_to_the_user_is_told_as_that(shared):
    (shared.folder / "n1").chmod(0o700)
    code, said = shared(f"trust = {OWNER}\n")
    assert code != 0
    assert (f"Permission denied; the socket or its folder is closed to {user(OTHER)[1]}: "
            f"ask its owner for a [user {user(OTHER)[0]}] section") in said


def test_to_trust_somebody_who_does_not_exist_is_a_mistake(shared):
    code, said = shared("trust = no-such-user\n")
    assert code == 2
    assert f"{shared.folder}/lab.conf:3: \"no-such-user\" is no user of this machine" in said
