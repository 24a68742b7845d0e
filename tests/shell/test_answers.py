"""Commands that wait for input, in a real terminal: the prompt comes back, and @TARGET answers."""

import os
import shutil
import subprocess

import pexpect
import pytest

from conftest import BIN, Terminal, wait_until


def leave(child):
    child.sendline("exit")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def prompt(child):
    child.expect_exact("muster> ")


def test_the_document_s_installation(clustershell):
    """A stand-in for apt-get, which asks as that does: without a newline, and reads its answer."""
    folder = clustershell.folder / "bin"
    folder.mkdir()
    (folder / "apt-get").write_text(
        "#!/bin/sh\necho 'After this operation, 5,342 kB of additional disk space will be used.'\n"
        "printf 'Do you want to continue? [Y/n] '\nread answer\n"
        "[ \"$answer\" = y ] || exit 1\necho \"Setting up $2\"\n")
    (folder / "apt-get").chmod(0o755)
    clustershell.environment["PATH"] = f"{folder}:{clustershell.environment['PATH']}"
    child = clustershell.prompt(3)
    child.sendline("@1,2,3 apt-get install nginx")
    for _ in range(3):
        child.expect(r"n[123]: Do you want to continue\? \[Y/n\] ")
    child.expect_exact("n[1-3] wait for input")
    prompt(child)
    child.sendline("jobs")
    child.expect_exact("waiting")
    prompt(child)
    child.sendline("@1,2,3 y")
    child.expect_exact("to n[1-3]: @1,2,3 apt-get install nginx")
    for _ in range(3):
        child.expect_exact(": Setting up nginx")
    child.expect_exact("3 ok")
    prompt(child)
    leave(child)


def test_answers_of_some_are_asked_about(clustershell):
    child = clustershell.prompt(2)
    child.sendline("@1 read x; echo got $x")
    child.expect_exact("n1 waits for input")
    prompt(child)
    child.sendline("@1,2 yes")
    child.expect_exact("n1 waits for input, and n2 does not")
    child.expect_exact("[y/n] ")
    child.sendline("n")
    child.expect_exact("nothing was done")
    prompt(child)
    child.sendline("@1,2 yes")
    child.expect_exact("[y/n] ")
    child.sendline("y")
    child.expect_exact("n1: got yes")
    prompt(child)
    leave(child)


def test_other_nodes_work_meanwhile_and_two_dashes_are_a_command(clustershell):
    child = clustershell.prompt(2)
    child.sendline("@1 read x; echo got $x")
    prompt(child)
    child.sendline("@2 echo two")
    child.expect_exact("n2: two")
    prompt(child)
    child.sendline("@1 -- echo one")
    child.expect_exact("n1: one")
    prompt(child)
    child.sendline("@1 ''")
    child.expect_exact("n1: got\r\n")
    prompt(child)
    leave(child)


def test_question_after_question(clustershell):
    child = clustershell.prompt(1)
    child.sendline("@1 read a; echo first $a; read b; echo second $b; exit 3")
    prompt(child)
    child.sendline("@1 ü \"quoted\" | and > so")
    child.expect_exact("n1: first ü \"quoted\" | and > so")
    child.expect_exact("n1 waits for input")
    prompt(child)
    child.sendline("@1 last")
    child.expect_exact("n1: second last")
    child.expect_exact("exit code 3")
    prompt(child)
    leave(child)


def test_cancel_stops_what_waits(clustershell):
    child = clustershell.prompt(2)
    child.sendline("@ read x")
    child.expect_exact("'cancel 1' stops it")
    prompt(child)
    child.sendline("cancel 1")
    child.expect_exact("cancelled")
    prompt(child)
    child.sendline("@ echo free")
    child.expect_exact(": free")
    prompt(child)
    leave(child)


def test_what_waits_ends_with_the_shell(clustershell):
    child = clustershell.prompt(1)
    child.sendline("@ read x; sleep 1000")
    prompt(child)
    child.sendline("exit")
    child.expect_exact("stopping job 1")
    child.expect(pexpect.EOF)


def test_folded_and_json_lines_ask_too(clustershell):
    child = clustershell.prompt(2)
    child.sendline("@ -b printf 'sure? '; read x; echo $x")
    child.expect_exact("sure? ")
    child.expect_exact("n[1-2] wait for input")
    prompt(child)
    child.sendline("@ yes")
    child.expect_exact("n[1-2] (2)")
    prompt(child)
    child.sendline("@1 -o json read x")
    child.expect_exact('{"type":"waiting","node":"n1"}')
    prompt(child)
    child.sendline("@1 yes")
    child.expect_exact('"status":"ok"')
    prompt(child)
    leave(child)


def test_a_script_gives_no_input_unless_asked_to(clustershell):
    done = clustershell.lines(1, "@ read x || echo none")
    assert done.stdout == "n1: none\n"
    done = clustershell.lines(2, "@1 --ask read x; echo got $x", "@1 yes", "@2 echo two")
    assert (done.stdout, done.returncode) == ("n1: got yes\nn2: two\n", 0)
    done = clustershell.lines(2, "@1 --ask read x; echo got $x", "@ yes")
    assert done.stdout == "n1: got\n"
    assert "n1 waits for input, and n2 does not; nothing was sent" in done.stderr
    assert "n1: no more input comes" in done.stderr
    assert done.returncode == 2


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("sudo"), reason="needs root and sudo")
def test_what_sudo_runs_is_guessed():
    """Below sudo a process is root's, and the daemon's own user cannot look into it."""
    child = Terminal("runuser", ["-u", "games", "--", str(BIN / "clustershell"), "--local", "1"],
                          env={"PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8",
                               "HOME": "/nonexistent",
                               **{name: text for name, text in os.environ.items() if name.endswith("SAN_OPTIONS")}},
                          cwd="/", encoding="utf-8", timeout=60)
    rule = "/etc/sudoers.d/muster-test"
    with open(rule, "w", encoding="ascii") as file:
        file.write("games ALL=(root) NOPASSWD: /bin/sh\n")
    try:
        os.chmod(rule, 0o440)
        prompt(child)
        child.sendline("@1 sudo -n /bin/sh -c 'printf \"as $(id -un)? \"; read x; echo got $x'")
        child.expect_exact("n1: as root? ")
        child.expect_exact("n1 waits for input")
        prompt(child)
        child.sendline("@1 yes")
        child.expect_exact("n1: got yes")
        prompt(child)
        leave(child)
    finally:
        os.unlink(rule)
        child.close(force=True)


def test_sticky_sessions(clustershell):
    child = clustershell.prompt(2)
    child.sendline("@1,2: mkdir $MUSTER_NODE; cd $MUSTER_NODE; X=5; sleep 1000 &")
    prompt(child)
    child.sendline("@1: basename $PWD; echo X is $X; jobs")
    child.expect_exact("n1: n1\r\nn1: X is 5\r\n")
    child.expect_exact("Running")
    prompt(child)
    child.sendline("@1 echo X is -$X-")
    child.expect_exact("n1: X is --")
    prompt(child)
    child.sendline("set sticky=yes")
    prompt(child)
    child.sendline("@2 echo X is $X")
    child.expect_exact("n2: X is 5")
    prompt(child)
    child.sendline("set stikcy=no")
    child.expect_exact("there is no setting 'stikcy'")
    prompt(child)
    leave(child)


def test_sticky_sessions_end_with_their_shell(clustershell):
    socket = clustershell.folder / "d.sock"
    daemon = subprocess.Popen([str(BIN / "clusterd"), "--listen", f"unix:{socket}"], env=clustershell.environment,
                              stderr=subprocess.DEVNULL)
    try:
        wait_until(socket.exists, 30, "the daemon's socket")
        (clustershell.folder / "c.conf").write_text(f"[cluster c]\nnodes = n1=unix:{socket}\n")
        done = clustershell.run("--config", str(clustershell.folder / "c.conf"), "-c", "@1: X=1", "-c", "sessions",
                                "-c", "@1: echo $X")
        assert "n1: 1\n" in done.stdout
        assert "shell-" in done.stdout
        done = clustershell.run("--config", str(clustershell.folder / "c.conf"), "-c", "sessions")
        assert "shell-" not in done.stdout
    finally:
        daemon.terminate()
        daemon.wait(30)


def test_ctrl_c_at_the_prompt_leaves_alone_what_waits(clustershell):
    child = clustershell.prompt(1)
    child.sendline("@1 read x; echo got $x")
    child.expect_exact("waits for input")
    prompt(child)
    child.send("some typo")
    child.sendcontrol("c")
    prompt(child)
    child.sendcontrol("c")
    prompt(child)
    child.sendline("jobs")
    child.expect_exact("waiting")
    prompt(child)
    child.sendline("@1 -5")
    child.expect_exact("n1: got -5")
    prompt(child)
    leave(child)


def test_a_session_is_no_answer_and_does_not_ask(clustershell):
    child = clustershell.prompt(1)
    child.sendline("@1 read x; echo got $x")
    prompt(child)
    child.sendline("@1: echo in the session")
    child.expect_exact("n1: in the session")
    prompt(child)
    child.sendline("@1: --ask read x")
    child.expect_exact("--ask is for a plain line")
    prompt(child)
    leave(child)
