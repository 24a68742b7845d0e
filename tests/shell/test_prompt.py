"""The prompt, in a real terminal: editing, history, completion."""

import os
import stat

import pexpect


def leave(child):
    child.sendline("exit")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_lines_run_and_the_prompt_comes_back(clustershell):
    child = clustershell.prompt(2)
    child.sendline("@n2 echo hello")
    child.expect_exact("n2: hello\r\n")
    child.expect_exact("muster> ")
    child.sendline("chekc")
    child.expect_exact("did you mean check?")
    child.expect_exact("muster> ")
    leave(child)


def test_end_of_file_leaves(clustershell):
    child = clustershell.prompt(1)
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_ctrl_c_clears_the_line(clustershell):
    child = clustershell.prompt(1)
    child.send("@ echo wrong")
    child.expect_exact("wrong")
    child.sendcontrol("c")
    child.expect_exact("muster> ")
    child.sendline("@ echo right")
    child.expect_exact("n1: right\r\n")
    child.expect_exact("muster> ")
    leave(child)
    assert "n1: wrong" not in (child.before or "")


def test_history_survives_a_kill_and_ctrl_r_finds_it(clustershell):
    child = clustershell.prompt(1)
    child.sendline("@ echo first one")
    child.expect_exact("n1: first one\r\n")
    child.expect_exact("muster> ")
    child.sendline(" @ echo secret")
    child.expect_exact("n1: secret\r\n")
    child.expect_exact("muster> ")
    child.kill(9)
    child.expect(pexpect.EOF)

    history = clustershell.folder / "state" / "muster" / "history"
    assert history.read_text() == "@ echo first one\n"
    assert stat.S_IMODE(os.stat(history).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(history.parent).st_mode) == 0o700

    child = clustershell.prompt(1)
    child.sendcontrol("r")
    child.send("first")
    child.expect_exact("echo first one")
    child.send("\r")
    child.expect_exact("n1: first one\r\n")
    child.expect_exact("muster> ")
    child.send("\x1b[A")
    child.expect_exact("@ echo first one")
    child.send("\r")
    child.expect_exact("n1: first one\r\n")
    child.expect_exact("muster> ")
    leave(child)


def test_a_history_that_cannot_be_kept_is_a_note(clustershell):
    (clustershell.folder / "state").write_text("not a folder")
    child = clustershell.terminal("--local", "1")
    child.expect_exact("the history is not kept")
    child.expect_exact("muster> ")
    leave(child)


def test_tab_completes_commands_nodes_and_programs(clustershell):
    child = clustershell.prompt(2)
    child.send("che\t\r")
    child.expect_exact("2 ok")
    child.expect_exact("muster> ")
    child.send("@n\t")
    child.expect("n1 +n2")
    child.send("2 echo hi\r")
    child.expect_exact("n2: hi\r\n")
    child.expect_exact("muster> ")
    child.send("run word\t")
    child.send("/nonexistent\r")
    child.expect_exact("cannot read the folder")
    child.expect_exact("muster> ")
    leave(child)


def test_utf_8_can_be_typed_whatever_the_locale(clustershell):
    clustershell.environment["LC_ALL"] = "C"
    child = clustershell.prompt(1)
    child.sendline("@ echo grün 日本")
    child.expect_exact("n1: grün 日本\r\n")
    child.expect_exact("muster> ")
    leave(child)


def test_a_new_window_size_redraws_the_line(clustershell):
    child = clustershell.prompt(1)
    child.send("@ echo sized")
    child.expect_exact("sized")
    child.setwinsize(24, 40)
    child.expect_exact("muster> @ echo sized")
    child.send("\r")
    child.expect_exact("n1: sized\r\n")
    child.expect_exact("muster> ")
    leave(child)


def test_a_dumb_terminal_works(clustershell):
    clustershell.environment["TERM"] = "dumb"
    child = clustershell.prompt(1)
    child.sendline("@ echo plain")
    child.expect_exact("n1: plain\r\n")
    leave(child)


def test_a_slip_beside_ctrl_c_ends_nothing(clustershell):
    child = clustershell.prompt(1)
    child.sendcontrol("\\")
    child.sendline("@ echo still here")
    child.expect_exact("n1: still here\r\n")
    child.expect_exact("muster> ")
    leave(child)


def test_ctrl_c_behind_what_was_typed_never_blocks_the_prompt(clustershell):
    """The terminal throws away what was typed before Ctrl-C, perhaps while it is being read."""
    child = clustershell.prompt(1)
    for _ in range(40):
        child.send("some typo\x03")
        child.expect_exact("muster> ")
    child.sendline("@1 echo here")
    child.expect_exact("n1: here")
    child.expect_exact("muster> ")
    leave(child)
