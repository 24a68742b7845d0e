"""Output: whole lines, each with its node, none lost, none mixed, as they come."""

import os
import subprocess
import time

from conftest import BIN, LONG, SLACK


def test_stderr_of_a_node_goes_to_stderr(clustershell):
    result = clustershell.lines(1, "@ echo out; echo err >&2")
    assert (result.stdout, result.stderr) == ("n1: out\n", "n1: err\n")


def test_a_last_line_without_newline_gets_one(clustershell):
    result = clustershell.lines(2, "@1 printf 'a\\nb'", "@2 printf c >&2")
    assert (result.stdout, result.stderr) == ("n1: a\nn1: b\n", "n2: c\n")


def test_a_line_that_comes_in_pieces_is_one_line(clustershell):
    result = clustershell.lines(2, "@ for i in 1 2 3; do printf \"$i \"; sleep 0.1; done; echo")
    assert sorted(result.stdout.splitlines()) == ["n1: 1 2 3 ", "n2: 1 2 3 "]


def test_lines_of_nodes_are_never_mixed_and_none_is_lost(clustershell):
    count = 20_000
    result = clustershell.lines(4, f"@ seq -f 'line %.0f of a node that prints' {count}")
    assert result.returncode == 0
    of_node = {f"n{n}": [] for n in range(1, 5)}
    for line in result.stdout.splitlines():
        node, text = line.split(": ", 1)
        of_node[node].append(text)
    for texts in of_node.values():
        assert texts == [f"line {i} of a node that prints" for i in range(1, count + 1)]


def test_bytes_stay_as_they_are_in_a_pipe(clustershell):
    shell = clustershell.start("--local", "1", "-c", r"@ printf '\033[1m\377\200\000x\r\n'")
    out, _ = shell.communicate(timeout=LONG)
    assert out == b"n1: \x1b[1m\xff\x80\x00x\r\n"


def test_a_long_line_stays_whole(clustershell):
    result = clustershell.lines(1, "@ head -c 5000000 /dev/zero | tr '\\0' x")
    assert result.stdout == "n1: " + "x" * 5_000_000 + "\n"


def test_output_comes_while_the_command_runs(clustershell):
    shell = clustershell.start("--local", "2", "-c", "@1 echo early; sleep 600")
    assert shell.stdout.readline() == b"n1: early\n"
    shell.kill()
    shell.communicate()


def test_a_fast_printer_does_not_starve_the_others(clustershell):
    # n1 prints without end; the pipe is read slowly, so that it is always full.
    shell = clustershell.start(
        "--local", "2", "-c", "@ case $MUSTER_NODE in n1) yes;; *) sleep 1; echo hi; sleep 600;; esac")
    deadline = time.monotonic() + 20 * SLACK
    seen = b""
    while b"n2: hi\n" not in seen:
        assert time.monotonic() < deadline
        seen = seen[-100:] + os.read(shell.stdout.fileno(), 65536)
        time.sleep(0.001)
    shell.kill()
    shell.communicate()


def test_a_terminal_sees_control_characters_as_text(clustershell):
    child = clustershell.terminal("--local", "1", "-c", r"@ printf '\033[2J\r\a\302\233x\377\tgrün\n'")
    child.expect_exact("n1: \\x1b[2J\\r\\x07\\u009bx\\xff")
    child.expect("grün")


def test_a_closed_stdout_ends_quietly(clustershell):
    shell = clustershell.start("--local", "1", "-c", "@ yes", "-c", "@ echo never")
    assert shell.stdout.readline() == b"n1: y\n"
    shell.stdout.close()
    assert shell.wait(timeout=LONG) == 141
    assert shell.stderr.read() == b""


def test_a_full_disk_is_said(clustershell):
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run(
            [str(BIN / "clustershell"), "--local", "1", "-c", "@ echo x"],
            stdout=full, stderr=subprocess.PIPE, env=clustershell.environment, timeout=LONG,
            check=False)
    assert result.returncode == 1
    assert b"No space left on device" in result.stderr


def test_values_are_printed_as_python_shows_them(clustershell):
    result = clustershell.lines(1, "py 1 'a\\nb'", "py 1 [1, 2.5, None]", "py 1 import os; os.sep",
                                "py 1 None", "py 1 print('x')", "py 1 'é'")
    assert result.stdout == "n1: 'a\\nb'\nn1: [1, 2.5, None]\nn1: '/'\nn1: x\nn1: 'é'\n"
