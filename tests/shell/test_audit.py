"""The record of who had what run: whole lines, one each, that no command can forge or leave out."""

import contextlib
import json
import os
import pathlib
import re
import socket
import stat

import pytest

from conftest import SLACK, wait_until
from daemons import GAMES, MAN, NEWS, needs_namespaces, node_for, running, serving

RULES = "[user games]\nrole = exec\n[user man]\nrole = observe\n[user news]\nrole = exec\nrun_as = man\n"
CANARY = "canary-4714"


@pytest.fixture(name="node", scope="module")
def fixture_node():
    with serving(RULES, variables={"CANARY": CANARY}, settings="pass_environment = CANARY") as node:
        yield node


def test_the_file_is_its_owners_alone(node):
    assert stat.S_IMODE(node.audit.stat().st_mode) == 0o600
    assert stat.S_IMODE(node.audit.parent.stat().st_mode) == 0o700


def test_begin_and_end_say_who_what_as_whom_and_how(node):
    node.run(NEWS, "@1 --cwd /tmp --session work exit 3")
    node.run(NEWS, "@1 --cwd /tmp sh -c 'exit 3'")
    begin, end = node.records("begin")[-1], node.records("end")[-1]
    for line in begin, end:
        assert (line["user"], line["uid"], line["rule"], line["node"], line["from"]) == (
            "news", NEWS, "[user news]", "n1", "unix")
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert re.fullmatch(r"[0-9a-f]{32}-[1-9][0-9]*", line["id"])
    assert begin["id"] == end["id"]
    assert (begin["run_as"], begin["directory"]) == (MAN, "/tmp")
    assert begin["command"] == {"shell": "sh -c 'exit 3'", "bytes": 14}
    assert (end["outcome"], end["exit_code"]) == ("failed", 3)


@pytest.mark.parametrize("line, outcome, more", [
    ("@1 true", "ok", {"exit_code": 0}),
    ("@1 exit 7", "failed", {"exit_code": 7}),
    ("py 1 1/0", "failed", {}),
    ("@1 kill -9 $$", "signalled", {"signal": 9}),
    ("@1 --timeout 0.2s --grace 0s sleep 4714", "timed out", {}),
    ("@1 --cwd /nonexistent true", "start failed", {}),
    ("@1 --max-output 10 yes", "limit", {}),
])
def test_every_end_has_its_word(node, line, outcome, more):
    node.run(GAMES, line)
    end = wait_until(lambda: len(node.records("begin")) == len(node.records("end")) and node.records("end")[-1],
                     10 * SLACK, "the end is recorded")
    assert end["outcome"].replace("_", " ") == outcome
    assert {name: end.get(name) for name in more} == more
    assert end["id"] == node.records("begin")[-1]["id"]


def test_what_is_cancelled_or_lost_has_an_end(node):
    shell = node.background(GAMES, "@1 sleep 4715")
    wait_until(lambda: "sleep 4715" in str(node.records("begin")[-1]), 10 * SLACK, "it runs")
    identity = node.records("begin")[-1]["id"]
    assert node.run(GAMES, f"stop 1 {identity} 0").returncode == 0
    shell.wait(10 * SLACK)
    end = next(line for line in node.records("end") if line["id"] == identity)
    assert end["outcome"] == "cancelled" and "by another program of user games" in end["reason"]


def test_denied_and_sessions_are_recorded(node):
    assert node.run(MAN, "@1 echo forbidden").returncode != 0
    denied = node.records("denied")[-1]
    assert denied["user"] == "man" and " takes the role exec, and user man has the role observe here" in denied["reason"]
    assert "forbidden" not in node.audit.read_text()
    node.output(GAMES, "@1 --session tidy true")
    assert node.records("begin")[-1]["session"] == "tidy"


HOSTILE_WORDS = {
    "a newline": "echo a\necho b",
    "quotes": "echo '\"\\'",
    "escape codes": "echo '\x1b[2J\x1b]0;title\x07\x9b2J'",
    "a separator of lines": "echo '\u2028\u2029\u0085\u000b\u000c'",
    "a forged line": 'true # "}\n{"time":"2000-01-01T00:00:00.000Z","event":"end","user":"root"}\n',
    "a backspace": "echo \b\b\b\r forged",
    "no characters": "echo \udcff\udcc0\udc80\udced\udca0\udc80",
    "a large one": "true " + "ä" * 300,
    "half a character at the cut": "true " + "x" * 250 + "ä" * 9,
}


@pytest.mark.parametrize("words", HOSTILE_WORDS.values(), ids=HOSTILE_WORDS.keys())
@pytest.mark.parametrize("way", ["@1 ", "@1 --session hostile "])
def test_no_command_makes_a_line_of_its_own(node, way, words):
    before = node.audit.read_bytes()
    node.run(GAMES, way + words)
    added = node.audit.read_bytes()[len(before):]
    assert not set(added) - set(range(32, 127)) - {10}, "plain ASCII"
    lines = [json.loads(line) for line in added.decode().splitlines()]
    assert added.count(b"\n") == len(lines)
    assert [line["event"] for line in lines].count("begin") == [line["event"] for line in lines].count("end")
    assert all(line["user"] == "games" for line in lines)
    assert max(map(len, added.split(b"\n"))) < 4096


def test_the_values_of_variables_are_never_in_it(node):
    node.output(GAMES, f"@1 --env SECRET={CANARY} test $SECRET = $CANARY", f"py 1 --env SECRET={CANARY} 1")
    assert node.records("end")[-1]["outcome"] == "ok"
    assert CANARY not in node.audit.read_text()


def test_lines_of_many_at_once_are_whole(node):
    shells = [node.background(uid, *["@1 true"] * 20) for uid in [GAMES, NEWS] * 3]
    for shell in shells:
        assert shell.wait(30 * SLACK) == 0
    begun = [line["id"] for line in node.records("begin")]
    assert len(begun) == len(set(begun))
    assert sorted(begun) == sorted(line["id"] for line in node.records("end"))


def make_link(path):
    (path.parent / "elsewhere").write_text("")
    path.symlink_to("elsewhere")


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def give_away(path):
    path.write_text("")
    path.chmod(0o600)
    os.chown(path, GAMES, -1)


WRONG_FILES = {
    "a link": (make_link, "cannot be opened: Too many levels of symbolic links"),
    "a FIFO": (os.mkfifo, ""),
    "a folder": (pathlib.Path.mkdir, "cannot be opened: Is a directory"),
    "a socket": (make_socket, "cannot be opened: No such device or address"),
    "open to others": (lambda path: (path.write_text(""), path.chmod(0o644)), "chmod 600 "),
    "open to a group": (lambda path: (path.write_text(""), path.chmod(0o620)), "chmod 600 "),
    "another's": (give_away, "belongs to uid 5; it has to be clusterd's"),
    "in a folder of others": (lambda path: path.parent.chmod(0o777), "chmod go-w "),
    "in another's folder": (lambda path: os.chown(path.parent, GAMES, -1), "it belongs to user 5"),
}


@pytest.mark.parametrize("make, words", WRONG_FILES.values(), ids=WRONG_FILES.keys())
def test_a_file_that_others_could_change_is_refused(make, words):
    with node_for(RULES) as node:
        node.audit.parent.mkdir(mode=0o700)
        make(node.audit)
        said = node.refuses()
        assert f"the audit log {node.audit} " in said and words in said
        assert not node.socket.exists()


def test_what_is_there_already_is_added_to():
    with node_for(RULES) as node:
        node.audit.parent.mkdir(mode=0o700)
        node.audit.write_text('{"event":"of before"}\n')
        node.audit.chmod(0o600)
        node.start()
        node.output(GAMES, "@1 true")
        assert [line["event"] for line in node.records()] == ["of before", "begin", "end"]
        assert node.run(GAMES, f"@1 cat {node.audit}").returncode == 1


def test_nothing_is_recorded_when_that_is_said():
    with serving(RULES, settings="audit = no") as node:
        node.output(GAMES, "@1 true")
        assert not node.audit.exists() and not list(node.folder.glob("**/*.audit"))


def test_on_a_full_disk_nothing_starts_until_there_is_room():
    needs_namespaces()
    namespace = "mkdir -m 700 $FOLDER/audit; mount -t tmpfs -o size=64k,mode=700 tmpfs $FOLDER/audit"
    with serving(RULES, namespace=namespace) as node:
        audit = pathlib.Path(f"/proc/{node.process.pid}/root{node.audit}")  # as the daemon sees it
        node.output(GAMES, "@1 true", "py 1 1")
        filler = audit.parent / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 512)
        for _ in range(60):  # until the last page of the log is full, too
            result = node.run(GAMES, "@1 true")
            if result.returncode != 0:
                break
        said = result.stdout + result.stderr
        assert "nothing is started that cannot be recorded: " in said
        assert f"{node.audit} cannot be written: No space left on device" in said
        for line in ["@1 sleep 4716", "py 1 import time; time.sleep(4716)", "@1 --session s sleep 4716"]:
            assert "cannot be recorded" in str(node.run(GAMES, line))
        assert not running("sleep 4716")
        assert audit.read_bytes().endswith(b"}\n")
        filler.unlink()
        node.output(GAMES, "@1 true", "py 1 1", "@1 --session s true")
        lines = [json.loads(line) for line in audit.read_text().splitlines()]
        assert [line["event"] for line in lines[-6:]].count("end") == 3
        assert node.log().count("nothing is started for games") >= 3
