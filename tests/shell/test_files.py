"""put and get: as whom files are written and read, what is shown meanwhile, how it ends."""

import json
import os
import signal
import subprocess
import time

import pytest

from conftest import LONG, SLACK, wait_until
from daemons import DAEMON, GAMES, MAN, NEWS, WWW_DATA, descendants, serving, stat_of

RULES = ("[user games]\nrole = exec\n[user man]\nrole = files\n[user news]\nrole = observe\n"
         "[user www-data]\nrole = files\nrun_as = man\n[user daemon]\nrole = admin\n")


@pytest.fixture(name="node", scope="module")
def fixture_node():
    with serving(RULES) as node:
        yield node


@pytest.fixture(name="place")
def fixture_place(node):
    """A folder that everybody may write to, and a file for everybody."""
    path = node.folder / f"place-{time.monotonic_ns()}"
    path.mkdir()
    path.chmod(0o777)
    (path / "file").write_text("text\n")
    return path


@pytest.mark.parametrize("uid, code, said", [
    (GAMES, 1, "role"), (NEWS, 1, "role"), (MAN, 0, ""), (WWW_DATA, 0, ""), (DAEMON, 0, "")])
def test_files_take_their_role(node, place, uid, code, said):
    for line in f"put {place}/file {place}/to", f"get {place}/file {place}/back":
        result = node.run(uid, line)
        assert (result.returncode, result.stdout) == (code, ""), result.stderr
        assert said in result.stderr
    assert (place / "to").exists() == (code == 0)


def test_files_are_those_of_the_user_that_commands_run_as(node, place):
    assert node.run(WWW_DATA, f"put {place}/file {place}/of-man").returncode == 0
    assert (place / "of-man").stat().st_uid == MAN
    closed = place / "closed"
    closed.mkdir()
    closed.chmod(0o700)
    os.chown(closed, WWW_DATA, WWW_DATA)
    result = node.run(WWW_DATA, f"put {place}/file {closed}/x")
    assert result.returncode == 1
    assert f"{closed}/x: Permission denied" in result.stderr
    (closed / "secret").write_text("s")
    result = node.run(WWW_DATA, f"get {closed}/secret {place}/x")
    assert result.stderr == f"n1: failed: find {closed}/secret: No such file or directory\n" or \
        "Permission denied" in result.stderr
    result = node.run(WWW_DATA, f"get /etc/shadow {place}/x")
    assert result.stderr == "n1: failed: open /etc/shadow: Permission denied\n"
    assert not (place / "x").exists()


def test_what_is_hidden_from_commands_is_hidden_from_files(node, place):
    for path in node.audit, node.socket:
        assert node.run(DAEMON, f"get {path} {place}/x").returncode == 1
        assert node.run(DAEMON, f"put {place}/file {path}").returncode == 1
    assert not (place / "x").exists()


def test_it_is_recorded_who_copied_what(node, place):
    before = len(node.records("end"))
    node.run(WWW_DATA, f"put {place}/file {place}/to", f"get {place}/file {place}/none {place}/back/")
    put, get = node.records("begin")[-2:]
    assert put["command"]["files"] == ["put", f"{place}/to"]
    assert get["command"]["files"] == ["get", f"{place}/file", f"{place}/none"]
    assert (put["user"], put["run_as_user"]) == ("www-data", "man")
    ends = wait_until(lambda: len(node.records("end")) == before + 2 and node.records("end")[-2:],
                      10 * SLACK, "both ends are recorded")
    assert [end["outcome"] for end in ends] == ["ok", "failed"]


def helper(above):
    """The process that is the node's end of a transfer, below the one that is given."""
    found = [pid for pid in descendants(above) if (stat_of(pid) or [""])[0] == "transfer"]
    return found[0] if found else None


@pytest.fixture(name="big")
def fixture_big(place):
    path = place / "big"
    path.write_bytes(os.urandom(1 << 20) * 400)
    return path


def stopped_helper(above):
    pid = wait_until(lambda: helper(above), LONG, "the transfer began")
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_ctrl_c_stops_a_transfer_and_ps_shows_it(node, place, big):
    shell = subprocess.Popen(node.command(MAN, f"put {big} {place}/to", "put never never"),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
    stopped_helper(node.process.pid)
    assert f"put {place}/to" in node.run(MAN, "ps").stdout
    shell.send_signal(signal.SIGINT)
    out, errors = shell.communicate(timeout=LONG)
    assert (shell.returncode, out) == (130, b"")
    assert b"stopping" in errors and b"n1: cancelled" in errors
    wait_until(lambda: helper(node.process.pid) is None, 5 * SLACK, "its process is gone")
    assert not (place / "to").exists()


def test_a_bar_shows_how_far_it_is_on_a_terminal_and_nowhere_else(clustershell, big):
    to = clustershell.folder / "to"
    child = clustershell.terminal("--local", "1", "-c", f"put {big} {to}")
    pid = stopped_helper(child.pid)
    child.expect(r"\r +\d+%  [\d.]+ \w+ of 400 MiB  [\d.]+ \w+/s  \d of 1 files")
    os.kill(pid, signal.SIGCONT)
    rest = child.read()
    child.close()
    assert child.exitstatus == 0
    assert rest.rpartition("\r\x1b[K")[1:] == ("\r\x1b[K", "")
    assert to.stat().st_size == big.stat().st_size
    shell = clustershell.start("--local", "1", "-c", f"get {big} {to}.back")
    pid = stopped_helper(shell.pid)
    time.sleep(2.5)  # the bar's patience
    os.kill(pid, signal.SIGCONT)
    assert shell.communicate(timeout=LONG) == (b"", b"")
    assert shell.returncode == 0


def test_the_target_stands_in_front_and_names_carry_the_node(clustershell):
    folder = clustershell.folder
    (folder / "a b").write_text("x")
    result = clustershell.lines(
        3, f"@1,3 put 'a b' {folder}/to", f"@n2 get --timeout 20s {folder}/to {folder}/got/",
        f"@1-2 get {folder}/to several", f"@* --timeout 20s get {folder}/a?b all/", "@2 get ~/to ~/home")
    assert (result.returncode, result.stderr) == (1, "n2: failed: find ~/to: No such file or directory\n")
    assert sorted(path.name for path in (folder / "all").iterdir()) == ["a b.n1", "a b.n2", "a b.n3"]
    assert (folder / "several.n1").read_text() == (folder / "several.n2").read_text() == "x"


def test_a_name_that_looks_like_a_pattern_is_a_name_where_it_exists(clustershell):
    folder = clustershell.folder
    for name in ["a*b", "axb"]:
        (folder / name).write_text(name)
    result = clustershell.lines(1, f"get '{folder}/a*b' one", f"get {folder}/a?b two", f"get {folder}/ax* three",
                                f"get '{folder}/nothing*' four")
    assert (folder / "one").read_text() == "a*b"
    assert sorted(path.name for path in (folder / "two").iterdir()) == ["a*b", "axb"]
    assert [path.name for path in (folder / "three").iterdir()] == ["axb"]
    assert not (folder / "four").exists()
    assert result.stderr == f"n1: failed: find {folder}/nothing*: No such file or directory\n"
    assert clustershell.lines(2, f"get '{folder}/a*b' five").returncode == 0
    assert (folder / "five.n2").read_text() == "a*b"


def test_json_tells_what_was_copied_and_what_was_not(clustershell):
    tree = clustershell.folder / "tree"
    tree.mkdir()
    (tree / "a").write_text("12345")
    os.mkfifo(tree / "pipe")
    result = clustershell.lines(2, f"put -o json {tree}/a to", f"@1 --output json get {tree} back")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert sorted((line["node"], line["bytes"], line["files"]) for line in lines[:2]) == [("n1", 5, 1), ("n2", 5, 1)]
    assert all((line["type"], line["status"], line["exit_code"]) == ("outcome", "ok", 0) for line in lines[:2])
    assert (lines[2]["type"], lines[2]["node"], lines[2]["path"]) == ("problem", "n1", str(tree / "pipe"))
    assert "is a fifo" in lines[2]["message"]
    assert (lines[3]["type"], lines[3]["status"], lines[3]["files"], lines[3]["bytes"]) == ("outcome", "failed", 1, 5)
    assert len(lines) == 4
    assert (result.returncode, result.stderr) == (1, "")


@pytest.mark.parametrize("line, code, said", [
    ("put x", 2, "it needs a source and a destination"),
    ("get", 2, "it needs a source and a destination"),
    ("put --mem 5M a b", 2, "only --timeout, --grace, --cwd, --output, --dry-run are for files, and not --mem"),
    ("put 'a b", 2, "quote"),
    ("put '' there", 2, "a path is empty"),
    ("get '' here", 2, "a path is empty"),
    ("@9 put a b", 3, "9"),
    ("put /nonexistent /tmp/", 1, "n1: refused: there is no /nonexistent on this machine"),
    ("get /nonexistent here", 1, "n1: failed: find /nonexistent: No such file or directory"),
    ("@1 -- put a", 1, "exit code 127"),
    ("@1 --cwd /nonexistent get a b", 1, "start failed"),
])
def test_what_is_wrong_is_said(clustershell, line, code, said):
    result = clustershell.lines(1, line)
    assert result.returncode == code
    assert said in result.stderr.replace("start_failed", "start failed")


def test_a_name_cannot_act_on_the_terminal(clustershell):
    os.mkfifo(clustershell.folder / "evil\x1b]0;title\x07\nname")
    (clustershell.folder / "good").write_text("x")
    result = clustershell.lines(1, f"@1 get {clustershell.folder}/* got/", f"put {clustershell.folder} {clustershell.folder}/../out/")
    assert result.returncode == 1
    assert "\x1b" not in result.stderr and "\x07" not in result.stderr
    assert r"evil\x1b]0;title\x07\nname is a fifo" in result.stderr


def test_the_order_of_dustcluster(clustershell):
    """The first of three words, when it names nodes and is no file."""
    (clustershell.folder / "a").write_text("text")
    (clustershell.folder / "to").mkdir()
    assert clustershell.lines(2, "put 1 a to/one", "get n2 to/one back").returncode == 0
    assert (clustershell.folder / "to/one").read_text() == (clustershell.folder / "back").read_text() == "text"
    (clustershell.folder / "n1").write_text("a file")
    result = clustershell.lines(2, "put n1 a to/")
    assert result.returncode == 2 and "'n1' names nodes, and a file here: write '@n1 put ...', or './n1'" in result.stderr
    assert clustershell.lines(2, "@2 put n1 a to/").returncode == 0
    assert (clustershell.folder / "to/n1").read_text() == "a file"
