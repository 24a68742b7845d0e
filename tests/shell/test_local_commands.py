"""Commands of this machine: !COMMAND, cd, | and >, and words that are no commands of ours."""

import contextlib
import os
import pathlib
import signal
import time

import pexpect

from conftest import SLACK, freeze


def ran(result):
    return result.returncode, result.stdout, result.stderr


def parent_of(pid):
    with contextlib.suppress(OSError):
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[1])


def command_of(pid):
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
    return ""


def leave(child):
    child.sendline("exit")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_a_command_of_this_machine_runs_in_its_shell(clustershell):
    assert ran(clustershell.lines(1, "!echo a b | tr a-z A-Z; echo $0 >&2")) == (0, "A B\n", "/bin/sh\n")
    assert clustershell.lines(1, "!exit 7").returncode == 7
    assert clustershell.lines(1, "! kill -TERM $$").returncode == 128 + 15
    result = clustershell.lines(1, "!", "@ echo on")
    assert result.returncode == 2 and "there is no command" in result.stderr and result.stdout == "n1: on\n"


def test_it_does_not_read_the_lines_that_follow(clustershell):
    result = clustershell.run("--local", "1", text="!cat\n@ echo on\n")
    assert ran(result) == (0, "n1: on\n", "")


def test_the_terminal_is_its_own_while_it_runs(clustershell):
    child = clustershell.prompt(1)
    child.sendline("!stty size; read word; echo got-$word")
    child.expect_exact("24 100\r\n")
    child.sendline("typed")
    child.expect_exact("got-typed\r\n")
    child.expect_exact("muster> ")
    # As an editor does: without lines and without echo, and it forgets to restore the terminal.
    child.sendline("!stty raw -echo; echo ready; dd bs=1 count=3 2>/dev/null | od -An -c")
    child.expect_exact("ready")
    child.send("\x1bZZ")
    child.expect("033 +Z +Z")
    child.expect_exact("muster> ")
    child.sendline("@ echo still edited")
    child.expect_exact("n1: still edited\r\n")
    child.expect_exact("muster> ")
    leave(child)


def test_ctrl_c_and_ctrl_backslash_end_the_command_and_not_the_shell(clustershell):
    child = clustershell.prompt(1)
    for key in ("c", "\\"):
        child.sendline("!echo begun; exec sleep 12345")
        child.expect_exact("begun\r\n")
        child.sendcontrol(key)
        child.expect_exact("muster> ")
    child.sendline("@ echo on")
    child.expect_exact("n1: on\r\n")
    child.expect_exact("muster> ")
    leave(child)


def test_cd_changes_the_folder_of_local_things(clustershell):
    (clustershell.folder / "a b").mkdir()
    (clustershell.folder / "a b" / "p.py").write_text("import os\nprint(os.getcwd())\n")
    home = str(clustershell.folder)
    result = clustershell.lines(1, "cd 'a b'", "!pwd", "run p.py", "cd", "!pwd", "cd -", "cd ~/'a b'", "!echo $PWD")
    inner = f"{home}/a b"
    assert ran(result) == (0, "\n".join([inner, inner, home, inner, inner, ""]), "")
    result = clustershell.lines(1, "cd nowhere")
    assert ran(result) == (1, "", "cd: nowhere: No such file or directory\n")
    assert clustershell.lines(1, "cd a b").returncode == 2
    assert "there is no folder to go back to" in clustershell.lines(1, "cd -").stderr


def test_a_pipe_and_a_file_behind_our_commands_are_local(clustershell):
    assert ran(clustershell.lines(3, "nodes | tr n N | rev")) == (0, "]3-1[N\n", "")
    assert ran(clustershell.lines(2, "show > out 'and more'"))[0] == 2
    result = clustershell.lines(2, "nodes > 'out file'", "nodes n2 >> out\\ file", "nodes >none/x")
    assert result.returncode == 1
    assert "cannot write to none/x: No such file or directory" in result.stderr
    assert (clustershell.folder / "out file").read_text() == "n[1-2]\nn2\n"
    # Of a target, of quotes, of the nodes and of Python they are not ours.
    assert ran(clustershell.lines(2, "nodes cores>0")) == (0, "n[1-2]\n", "")
    assert ran(clustershell.lines(1, "@ echo 'a|b' | tr a c > x; cat x"))[:2] == (0, "n1: c|b\n")
    assert ran(clustershell.lines(1, "py 1 1 | 6"))[:2] == (0, "n1: 7\n")
    assert clustershell.lines(1, "nodes |").returncode == 2


def test_the_code_of_a_pipe_is_the_first_that_is_not_well(clustershell):
    assert clustershell.lines(1, "nodes | exit 5").returncode == 5
    assert clustershell.lines(1, "nodes nothing | cat").returncode == 3
    assert ran(clustershell.lines(1, "help | head -1"))[0] == 0


def test_a_program_can_be_piped(clustershell):
    (clustershell.folder / "p.py").write_text("import sys\nprint(sys.argv[1:])\nwhile True: print('x' * 1000)\n")
    assert ran(clustershell.lines(1, "run p.py 'a|b' | head -1"))[:2] == (0, "['a|b']\n")


def test_an_unknown_word_that_is_a_program_here_runs_at_a_terminal(clustershell):
    child = clustershell.prompt(1)
    child.sendline("ls -plart /etc/hostname")
    child.expect_exact("[ls -plart /etc/hostname] unrecognized, trying system shell...\r\n")
    child.expect("-rw.* /etc/hostname\r\n")
    child.expect_exact("muster> ")
    child.sendline("env echo one | tr o 0")
    child.expect_exact("0ne\r\n")
    child.expect_exact("muster> ")
    leave(child)


def test_a_slip_is_not_run_even_if_such_a_program_exists(clustershell):
    tools = clustershell.folder / "bin"
    tools.mkdir()
    (tools / "chekc").write_text("#!/bin/sh\necho ran > ran\n")
    (tools / "chekc").chmod(0o755)
    clustershell.environment["PATH"] = f"{tools}:{os.environ['PATH']}"
    child = clustershell.prompt(1)
    child.sendline("chekc")
    child.expect_exact("did you mean check?")
    child.expect_exact("'!chekc …' here)")
    child.expect_exact("muster> ")
    child.sendline("nonsense-word x")
    child.expect_exact("unknown command 'nonsense-word'")
    child.expect_exact("muster> ")
    leave(child)
    assert not (clustershell.folder / "ran").exists()


def test_a_script_never_falls_through_and_the_configuration_can_forbid_it(clustershell):
    for result in (clustershell.lines(1, "uname -s"), clustershell.run("--local", "1", text="uname -s\n")):
        assert (result.returncode, result.stdout) == (2, "") and "'!uname …' here" in result.stderr
    (clustershell.folder / "cluster.conf").write_text("[shell]\nfallthrough = no\n")
    child = clustershell.prompt(1)
    child.sendline("uname -s")
    child.expect_exact("unknown command 'uname'")
    child.expect_exact("muster> ")
    leave(child)


def test_tab_completes_paths_of_this_machine_and_of_a_node(clustershell):
    (clustershell.folder / "some folder").mkdir()
    (clustershell.folder / "some folder" / "inner.txt").write_text("here\n")
    (clustershell.folder / ".hidden").write_text("")
    for never_offered in ["in\nner", "i\x1b[2J"]:
        (clustershell.folder / "some folder" / never_offered).write_text("")
    child = clustershell.prompt(2)
    child.send("!cat so\tinn\t\r")
    child.expect_exact("here\r\n")
    child.expect_exact("muster> ")
    child.send(f"@n2 get {clustershell.folder}/some\\ folder/i\tcopy.txt\r")
    child.expect_exact("muster> ")
    assert (clustershell.folder / "copy.txt").read_text() == "here\n"
    child.send(f"get n1 {clustershell.folder}/so\t")
    child.expect_exact("me\\ folder/")
    child.sendcontrol("c")
    child.expect_exact("muster> ")
    leave(child)


def test_tab_waits_a_second_at_most_for_a_frozen_node(clustershell):
    child = clustershell.prompt(1)
    frozen = next(pid for pid in os.listdir("/proc") if pid.isdigit() and parent_of(pid) == child.pid
                  and "clusterd" in command_of(pid))
    freeze(int(frozen))
    try:
        begun = time.monotonic()
        child.send("@n1 get /etc/hostn\t")
        child.expect_exact("\a")
        assert time.monotonic() - begun < 1 * SLACK
    finally:
        os.kill(int(frozen), signal.SIGCONT)
    child.send("\t")
    child.expect_exact("ame ")
    child.sendcontrol("c")
    child.expect_exact("muster> ")
    leave(child)


def test_the_last_line_runs_once_more(clustershell):
    result = clustershell.lines(1, "!echo one", "!echo two", "last", "last 2", "!!", "last history", "last 9", "last x")
    assert result.stdout.splitlines()[:5] == ["one", "two", "two", "two", "two"]
    assert result.stdout.splitlines()[-1].split(None, 1) == ["1", "!echo two"]
    assert "there are 5 earlier lines" in result.stderr and "neither a number from 1 nor history" in result.stderr
    assert clustershell.lines(1, "last").returncode == 2
