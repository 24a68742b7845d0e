"""@NODE alone: a terminal on the node, in a real terminal."""

import os
import shutil

import pexpect
import pytest

from conftest import wait_until


def enter(clustershell, nodes=2, target="n2"):
    child = clustershell.prompt(nodes)
    child.sendline(f"@{target}")
    child.expect_exact(f"a terminal on {target}")
    child.sendline("PS1='node$ '; export PS1; echo re''ady")
    child.expect_exact("ready\r\n")
    return child


def leave(child):
    child.expect_exact("muster> ")
    child.sendline("@n1 echo still here")
    child.expect_exact("n1: still here\r\n")
    child.sendline("exit")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_shell_on_the_node_until_its_exit(clustershell):
    child = enter(clustershell)
    child.sendline("tty; echo on $MUSTER_NODE $TERM; exit 3")
    child.expect(r"/dev/pts/\d+\r\n")
    child.expect_exact("on n2 xterm\r\n")
    leave(child)


def test_tilde_dot_comes_back_and_ends_what_runs(clustershell):
    child = enter(clustershell)
    child.sendline("echo $$ > pid; sleep 1000")
    wait_until(lambda: (clustershell.folder / "pid").exists() and
               (clustershell.folder / "pid").read_text().strip(), 10, "the shell's number")
    pid = int((clustershell.folder / "pid").read_text())
    child.send("\r~.")
    child.expect_exact("back from n2")
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the shell is gone")
    leave(child)


def test_a_tilde_is_a_tilde_elsewhere(clustershell):
    child = enter(clustershell)
    child.send("echo a~. ~~x\r")
    child.expect_exact("a~. ~~x\r\n")
    child.send("~~ 2>/dev/null; echo one til''de\r")
    child.expect_exact("one tilde\r\n")
    child.sendline("exit")
    leave(child)


def test_ctrl_c_reaches_the_program_and_three_come_back(clustershell):
    child = enter(clustershell)
    (clustershell.folder / "catch.py").write_text(
        "try:\n    import time\n    print('begun', flush=True)\n    time.sleep(1000)\n"
        "except KeyboardInterrupt:\n    print('caught')\n")
    child.sendline("/usr/bin/python3 catch.py")
    child.expect_exact("begun\r\n")
    child.sendcontrol("c")
    child.expect_exact("caught\r\n")
    child.expect_exact("node$ ")
    child.send("echo go''es on\r")
    child.expect_exact("goes on\r\n")
    child.send("\x03\x03\x03")
    child.expect_exact("back from n2")
    leave(child)


def test_it_has_our_size_and_follows_it(clustershell):
    child = enter(clustershell)
    child.sendline("stty size")
    child.expect_exact("24 100\r\n")
    child.setwinsize(40, 60)

    def has_followed():
        child.sendline("stty size")
        return child.expect_exact(["40 60\r\n", "24 100\r\n"]) == 0
    wait_until(has_followed, 10, "the new size")
    child.sendline("exit")
    leave(child)


@pytest.mark.skipif(not shutil.which("vi"), reason="needs vi")
def test_an_editor_works(clustershell):
    child = enter(clustershell)
    child.sendline("vi -u NONE -n text; echo ed''ited")
    child.expect("text|~")
    child.send("ihello from vi\x1b:wq\r")
    child.expect_exact("edited")
    assert (clustershell.folder / "text").read_text() == "hello from vi\n"
    child.sendline("exit")
    leave(child)


def test_much_output_and_bytes_pass_as_they_are(clustershell):
    child = enter(clustershell)
    child.sendline("seq 20000; printf '\\303\\274\\033[1mbold\\033[0m\\n'")
    child.expect_exact("19999\r\n20000\r\n")
    child.expect_exact("ü\x1b[1mbold\x1b[0m\r\n")
    child.sendline("exit")
    leave(child)


def test_it_needs_one_node_and_a_terminal(clustershell):
    child = clustershell.prompt(2)
    child.sendline("@n1,n2")
    child.expect_exact("opens a terminal on one node, and n1,n2 are 2")
    child.expect_exact("muster> ")
    child.sendline("@n7")
    child.expect_exact("n7")
    leave(child)
    done = clustershell.lines(1, "@n1")
    assert done.returncode == 2
    assert "opens a terminal on n1, and here is none; usage:" in done.stderr


def test_what_was_switched_on_is_switched_off(clustershell):
    """Another screen, a mouse, no cursor; and bash itself, which wants pastes marked."""
    child = enter(clustershell)
    child.sendline("printf '\\033[?1049h\\033[?25l\\033[?1000h'; echo chan''ged")
    child.expect_exact("changed")
    child.send("\r~.")
    child.expect("\x1b\\[\\?25h\x1b\\[\\?1000l\x1b\\[\\?1049l(\x1b\\[\\?2004l)?\x1b\\[m")
    child.expect_exact("back from n2")
    leave(child)
