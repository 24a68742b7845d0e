"""sessions: what is open on the nodes, and how it is closed."""

import re
import signal
import subprocess

from conftest import LONG, wait_until, without_time


def rows(text):
    header, *lines = text.splitlines()
    assert header.split() == ["session", "kind", "state", "age", "idle", "nodes"]
    return [re.split(r"  +", line) for line in lines]


def test_python_of_a_session_keeps_its_names(clustershell):
    result = clustershell.lines(2, "py * --session work x = 6", "py * --session work x * 7", "py 1 x")
    assert sorted(result.stdout.splitlines()) == ["n1: 42", "n2: 42"]
    assert "NameError" in result.stderr


def test_sessions_of_many_nodes_are_one_line_and_are_closed_together(clustershell):
    result = clustershell.lines(3, "sessions", "@1 --session sh cd /", "py * --session work x = 1", "sessions")
    assert (result.returncode, without_time(result.stderr)) == (0, ["3 ok"])
    first, second = rows("\n".join(result.stdout.splitlines()[1:]))
    assert (first[:3], first[-1]) == (["sh", "shell", "idle"], "n1")
    assert (second[:3], second[-1]) == (["work", "python", "idle"], "n[1-3]")
    result = clustershell.lines(3, "py * --session work x = 1", "sessions close work 2", "sessions close work",
                                "sessions")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[:2] == ["closed work on n2", "closed work on n[1,3]"]
    assert rows("\n".join(result.stdout.splitlines()[2:])) == []


def test_what_runs_and_waits_is_shown(clustershell):
    daemon = clustershell.start("--name", "n1", "--listen", f"unix:{clustershell.folder}/s", program="clusterd")
    assert b"listening" in daemon.stdout.readline()
    (clustershell.folder / "cluster.conf").write_text(f"[cluster one]\nnodes = n1=unix:{clustershell.folder}/s\n")
    started = []
    try:
        state = "idle"
        for expected in ["running", "running, 1 waiting"]:
            started.append(clustershell.start("-c", "py 1 --session s import time; time.sleep(1000)"))

            def is_expected(expected=expected):
                nonlocal state
                found = rows(clustershell.run("-c", "sessions").stdout)
                state = found[0][2] if found else "none"
                return state == expected

            wait_until(is_expected, LONG, f"{expected}, not {state}")
        assert clustershell.run("-c", "sessions close s").stdout == "closed s on n1\n"
        assert b"cancelled: its session was closed; session s ended with it" in started[0].communicate()[1]
        assert b"refused: session s ended" in started[1].communicate()[1]
    finally:
        for process in [*started, daemon]:
            process.kill()
            process.communicate()


def test_wrong_words_are_told(clustershell):
    for line, code, words in [
            ("sessions n9", 3, "valid here"), ("sessions close work n9", 3, "valid here"),
            ("sessions 1 2", 2, "it takes no '2'"), ("sessions close", 2, "close needs the name"),
            ("sessions close 'a b'", 1, '"a b" is no name of a session'),
            ("sessions close work", 1, "n1: no session work is open on n1")]:
        result = clustershell.lines(1, line)
        assert (result.returncode, result.stdout) == (code, ""), line
        assert words in result.stderr


def test_a_node_that_does_not_answer_is_named(clustershell):
    (clustershell.folder / "cluster.conf").write_text(
        f"[cluster one]\nnodes = n1=unix:{clustershell.folder}/gone.sock\n")
    for line in ["sessions", "sessions close work"]:
        result = clustershell.run("-c", line)
        assert result.returncode == 4
        assert result.stderr.startswith("n1: ")


def test_a_session_of_the_shell_that_was_lost_is_told_before_the_next_line(clustershell):
    def start():
        daemon = clustershell.start("--name", "n1", "--listen", f"unix:{clustershell.folder}/s", program="clusterd")
        assert b"listening" in daemon.stdout.readline()
        return daemon

    (clustershell.folder / "cluster.conf").write_text(f"[cluster one]\nnodes = n1=unix:{clustershell.folder}/s\n")
    daemon = start()
    shell = clustershell.start(stdin=subprocess.PIPE)
    try:
        def line(text, answer):
            shell.stdin.write(f"{text}\n".encode())
            assert shell.stdout.readline().decode() == f"n1: {answer}\n"

        line("@1: cd /usr; pwd", "/usr")
        line("@1: pwd", "/usr")
        daemon.kill()
        daemon.communicate()
        daemon = start()
        line("@1: cd /var; pwd", "/var")
        line("@1: pwd", "/var")
        said = shell.communicate(timeout=LONG)[1].decode()
        assert said.count("n1: the session of this shell has ended there (was the node restarted?)") == 1, said
    finally:
        for process in [shell, daemon]:
            process.kill()
            process.communicate()


def test_an_interrupt_before_a_line_of_the_session_is_sent_sends_nothing(clustershell):
    daemon = clustershell.start("--name", "n1", "--listen", f"unix:{clustershell.folder}/s", program="clusterd")
    assert b"listening" in daemon.stdout.readline()
    # The group is asked for in front of the sessions: the node is frozen then, and the shell interrupted.
    (clustershell.folder / "cluster.conf").write_text(
        f"[cluster one]\nnodes = n1=unix:{clustershell.folder}/s\n"
        f"[group_source trap]\nshell = yes\nmap = sh {clustershell.folder}/trap\n")
    shell = clustershell.start(stdin=subprocess.PIPE)
    (clustershell.folder / "trap").write_text(f"kill -STOP {daemon.pid}; kill -INT {shell.pid}; echo n1\n")
    try:
        shell.stdin.write(b"@1: cd /usr; pwd\n")
        assert shell.stdout.readline() == b"n1: /usr\n"
        out, errors = shell.communicate(f"@@front: touch {clustershell.folder}/ran\n".encode(), timeout=LONG)
        assert (shell.returncode, out) == (130, b"")
        assert b"interrupted while" in errors and b"nothing was sent" in errors, errors
        daemon.send_signal(signal.SIGCONT)
        assert [row[1:3] for row in rows(clustershell.run("-c", "sessions").stdout)] == [["shell", "idle"]]
        assert not (clustershell.folder / "ran").exists()
    finally:
        for process in [shell, daemon]:
            process.kill()
            process.communicate()
