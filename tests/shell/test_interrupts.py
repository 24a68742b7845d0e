"""Ctrl-C and the signals that end the shell: what runs stops, and it is said."""

import signal
import subprocess
import time

import pexpect
import pytest

from conftest import LONG, SLACK, processes_with, wait_until

SLEEP = "sleep 12345"


def sleepers(clustershell):
    return [line for line in processes_with(clustershell.mark) if line.startswith(SLEEP)]


def test_ctrl_c_stops_the_lines(clustershell):
    shell = clustershell.start("--local", "2", "-c", f"@ {SLEEP}", "-c", "@ echo never")
    wait_until(lambda: len(sleepers(clustershell)) == 2, LONG, "both sleep")
    shell.send_signal(signal.SIGINT)
    out, errors = shell.communicate(timeout=(5 + 1) * SLACK)
    assert (shell.returncode, out) == (130, b"")
    assert b"stopping" in errors
    assert b"n1: " in errors and b"n2: " in errors
    assert not sleepers(clustershell)


def test_a_second_ctrl_c_stops_at_once(clustershell):
    # It ignores what asks politely.
    stubborn = "trap '' INT TERM; while :; do sleep 0.1; done"
    shell = clustershell.start("--local", "1", "-c", f"@ echo runs; {stubborn}")
    assert shell.stdout.readline() == b"n1: runs\n"
    begun = time.monotonic()
    shell.send_signal(signal.SIGINT)
    assert b"stopping" in shell.stderr.readline()
    shell.send_signal(signal.SIGINT)
    _, errors = shell.communicate(timeout=LONG)
    assert time.monotonic() - begun < 1 * SLACK
    assert shell.returncode == 130
    assert b"stopping at once" in errors


def test_ctrl_c_at_the_prompt_gives_it_back(clustershell):
    child = clustershell.prompt(1)
    child.sendline(f"@ {SLEEP}")
    wait_until(lambda: sleepers(clustershell), LONG, "it sleeps")
    child.sendcontrol("c")
    child.expect_exact("stopping")
    child.expect("n1: (cancelled|signalled|failed)")
    child.expect_exact("muster> ")
    child.sendline("@ echo again")
    child.expect_exact("n1: again\r\n")
    child.expect_exact("muster> ")
    child.sendline("exit")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_ctrl_c_stops_python(clustershell):
    shell = clustershell.start("--local", "1", "-c",
                               "py 1 print('runs', flush=True); import time; time.sleep(12345)")
    assert shell.stdout.readline() == b"n1: runs\n"
    shell.send_signal(signal.SIGINT)
    shell.communicate(timeout=(5 + 1) * SLACK)
    assert shell.returncode == 130


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_the_signals_that_end_stop_what_runs(clustershell, name):
    number = getattr(signal, name)
    shell = clustershell.start("--local", "1", "-c", f"@ {SLEEP}", "-c", "@ echo never")
    wait_until(lambda: sleepers(clustershell), LONG, "it sleeps")
    shell.send_signal(number)
    out, _ = shell.communicate(timeout=(5 + 1) * SLACK)
    assert (shell.returncode, out) == (128 + number, b"")
    assert not sleepers(clustershell)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_the_signals_that_end_end_the_prompt(clustershell, name):
    child = clustershell.prompt(1)
    child.kill(getattr(signal, name))
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 128 + getattr(signal, name)


def test_ctrl_c_ends_a_script_that_waits(clustershell):
    shell = clustershell.start("--local", "1", stdin=subprocess.PIPE)
    shell.stdin.write(b"@ echo a\n")
    shell.stdin.flush()
    assert shell.stdout.readline() == b"n1: a\n"
    shell.send_signal(signal.SIGINT)
    assert shell.wait(timeout=LONG) == 130
    shell.communicate()


def test_a_killed_shell_leaves_nothing(clustershell):
    shell = clustershell.start("--local", "2", "-c", f"@ {SLEEP}")
    wait_until(lambda: len(sleepers(clustershell)) == 2, LONG, "both sleep")
    shell.kill()
    shell.communicate()
    wait_until(lambda: not processes_with(clustershell.mark), 10 * SLACK, "all is gone")
