"""What a node writes is hostile: nothing of it may act on the terminal, however it comes there."""

import os
import re
import subprocess

import pexpect
import pytest

from conftest import BIN, LONG, Terminal
from terminal_corpus import HARMLESS, SEQUENCES, assert_harmless, cases, shown

# Writes every line in two parts, the second when the daemon has taken the first. argv: the cases.
WRITER = """
import fcntl, os, struct, sys, termios
def unread():
    return struct.unpack("i", fcntl.ioctl(1, termios.FIONREAD, b"\\0" * 4))[0]
for line in open(sys.argv[1]):
    first, second = (bytes.fromhex(part) for part in line.rstrip("\\n").split(" "))
    os.write(1, first)
    while unread():
        os.sched_yield()
    os.write(1, second)
"""

# Of whole lines in UTF-8, as a field of text in a message has to be.
HOSTILE = "".join(f"{text}\nn9: forged " for text in [
    "\x1b[2J", "\x1b]0;owned\x07", "\x1b]52;c;cm0=\x1b\\", "\x1bPq\x1b\\", "\x1b_x\x1b\\", "\x9b2J", "\x9d0;x\x9c",
    "\x90q\x9c", "\rn9: ok", "\b\b\b", "\x7f\x00", "\u202egpj.exe", "\u2066x\u2069", "\u200e\u061c", "\u2028",
    "\u2029", "\ufeff\u200b", "\U000e0041", "end"])


# What a command shows that runs for two seconds, until it is wiped.
PROGRESS = re.compile(rb"(?:\r\d of \d nodes?, \d+ s; n\d still runs\x1b\[K)+\r\x1b\[K")


def screen_of(clustershell, *arguments):
    """Everything that a terminal gets from one run but its progress, as bytes."""
    child = Terminal(str(BIN / "clustershell"), list(arguments), env=clustershell.environment,
                          cwd=clustershell.folder, dimensions=(24, 100), timeout=LONG)
    clustershell.terminals.append(child)
    child.expect(pexpect.EOF)
    return PROGRESS.sub(b"", child.before)


def every_case():
    """Lines in two parts: each sequence whole, and cut behind every byte."""
    parts = [case for text in HARMLESS for case in cases(text.encode())]
    parts += [case for sequence in SEQUENCES for case in cases(sequence)]
    return [(f"{number} [".encode() + first, second + b"]\n")
            for number, (first, second) in enumerate(parts)]


@pytest.fixture(name="corpus")
def fixture_corpus(clustershell):
    """The cases in files; the lines that they have to become."""
    (clustershell.folder / "writer.py").write_text(WRITER)
    lines = every_case()
    (clustershell.folder / "cases").write_text(
        "".join(f"{first.hex()} {second.hex()}\n" for first, second in lines))
    (clustershell.folder / "whole").write_bytes(b"".join(b"<" + s + b">\n" for s in SEQUENCES))
    return [shown((first + second).rstrip(b"\n")) for first, second in lines]


def test_the_corpus_is_what_it_says():
    assert len(set(SEQUENCES)) == len(SEQUENCES) >= 300
    assert all(shown(sequence) != sequence.decode("utf-8", errors="surrogateescape")
               for sequence in SEQUENCES)
    assert all(shown(text.encode()) == text for text in HARMLESS)
    assert not any(b"\n" in sequence for sequence in SEQUENCES)


def test_no_sequence_reaches_a_terminal_wherever_it_is_cut(clustershell, corpus):
    lines = assert_harmless(screen_of(
        clustershell, "--local", "1", "-c", f"@ -q cd {clustershell.folder}; python3 writer.py cases"))
    assert [line for line in lines if line.startswith("n1: ")] == [f"n1: {line}" for line in corpus]


def test_no_sequence_reaches_it_through_a_program_of_run(clustershell, corpus):
    lines = assert_harmless(screen_of(clustershell, "--local", "1", "-c", "run writer.py cases"))
    assert [line for line in lines if " [" in line] == corpus


def test_none_reaches_it_by_the_errors_of_a_command_and_of_a_program(clustershell, corpus):
    del corpus
    (clustershell.folder / "errors.py").write_text(
        "import sys\nsys.stderr.buffer.write(open('whole', 'rb').read() + b'\\xe2\\x80')\n")
    lines = assert_harmless(screen_of(
        clustershell, "--local", "1", "-c", f"@ cat {clustershell.folder}/whole >&2",
        "-c", "run errors.py"))
    for sequence in SEQUENCES:
        assert f"n1: <{shown(sequence)}>" in lines and f"<{shown(sequence)}>" in lines
    assert lines[-1] == "\\xe2\\x80"


def test_none_reaches_it_at_the_prompt(clustershell, corpus):
    del corpus
    child = Terminal(str(BIN / "clustershell"), ["--local", "1"], env=clustershell.environment,
                          cwd=clustershell.folder, dimensions=(24, 100), timeout=LONG)
    clustershell.terminals.append(child)
    child.expect_exact("muster> ")
    child.sendline(f"@ echo BEGIN; cat {clustershell.folder}/whole; echo END")
    # The prompt itself moves the cursor; between these lines only the node writes.
    child.expect_exact("n1: BEGIN\r\n")
    child.expect_exact("n1: END\r\n")
    lines = assert_harmless(child.before)
    assert lines == [f"n1: <{shown(sequence)}>" for sequence in SEQUENCES] + [""]


def test_what_is_no_terminal_gets_the_bytes(clustershell, corpus):
    del corpus
    expected = (clustershell.folder / "whole").read_bytes()
    shell = clustershell.start("--local", "1", "-c", f"@ cat {clustershell.folder}/whole")
    out, _ = shell.communicate(timeout=LONG)
    assert out == b"".join(b"n1: " + line + b"\n" for line in expected.split(b"\n")[:-1])


def test_values_exceptions_and_tracebacks_are_harmless(clustershell):
    text = ascii(HOSTILE)
    lines = assert_harmless(screen_of(
        clustershell, "--debug", "--local", "1",
        "-c", f"py 1 type('V', (), {{'__repr__': lambda self: {text}}})()",
        "-c", f"py 1 print({text})",
        "-c", f"py 1 raise type({text}.replace(chr(0), ''), (Exception,), {{}})({text})",
        "-c", f"py 1 import sys; sys.exit({text})",
        "-c", f"py 1 compile('1 +', {text}.replace(chr(0), ''), 'exec')"))
    assert not [line for line in lines if line.startswith("n9: ")]
    assert len([line for line in lines if "\\x1b[2J" in line]) >= 4


@pytest.fixture(name="hostile")
def fixture_hostile(clustershell):
    """A daemon whose every word is hostile, twice: as n1, and under a name that nobody asked for."""
    os.chmod(clustershell.folder, 0o700)
    (clustershell.folder / "words").write_text(HOSTILE)
    nodes = []
    for name, flag in [("n1", "answers"), ("n2", "refuses")]:
        socket = f"{clustershell.folder}/{name}.sock"
        nodes.append(subprocess.Popen(
            [str(BIN.parent / "tests" / "hostile_node"), socket, f"{clustershell.folder}/words", flag],
            stdout=subprocess.PIPE, env=clustershell.environment))
        assert nodes[-1].stdout.readline() == b"ready\n"
    (clustershell.folder / "cluster.conf").write_text(
        f"[cluster two]\nnodes = n1=unix:{clustershell.folder}/n1.sock, "
        f"n2=unix:{clustershell.folder}/n2.sock\n")
    yield clustershell
    for node in nodes:
        node.kill()
        node.communicate()


def test_the_words_of_a_hostile_daemon_are_harmless(hostile):
    kinds = ["refused", "reset", "failed", "raised", "signalled", "timed_out", "cancelled", "limit",
             "start_failed", "out_of_memory", "lost", "unkillable", "ok", "value"]
    arguments = ["--debug"]
    for line in ["check", "show", "ps", "stop * 00-1", *(f"@1 {kind}" for kind in kinds), "@ ok"]:
        arguments += ["-c", line]
    lines = assert_harmless(screen_of(hostile, *arguments))
    assert not [line for line in lines if line.startswith("n9: ")]
    text = "\n".join(lines)
    assert "clusterd \\x1b[2J" in text and "this is \\x1b[2J" in text
    for kind in ["refused", "lost", "failed", "signalled", "timed_out", "cancelled", "limit",
                 "start_failed", "out_of_memory", "unkillable"]:
        assert any(line.startswith(f"n1: {kind}: ") for line in lines), kind


def test_what_ssh_says_is_harmless(clustershell):
    (clustershell.folder / "whole").write_bytes(b"".join(b"word <" + s + b">\n" for s in SEQUENCES))
    ssh = clustershell.folder / "ssh"
    ssh.write_text(f"#!/bin/sh\ntail -n \"$(cat {clustershell.folder}/count)\" "
                   f"{clustershell.folder}/whole | head -n 6 >&2\nexit 255\n")
    ssh.chmod(0o755)
    clustershell.environment["MUSTER_SSH"] = str(ssh)
    (clustershell.folder / "cluster.conf").write_text("[cluster far]\nnodes = n1=ssh:far\n")
    for count in [6, 60, 100, 150, len(SEQUENCES)]:
        (clustershell.folder / "count").write_text(str(count))
        screen = screen_of(clustershell, "-c", "check", "-c", "@ true")
        assert_harmless(screen)
        assert b"word <" in screen
        # Where no terminal is, it is a message all the same, and others print it.
        result = clustershell.start("-c", "check")
        out, errors = result.communicate(timeout=LONG)
        assert_harmless(out + errors)
