"""The programs of examples/ on real nodes, against what was computed without Muster."""

import base64
import collections
import os
import random
import re
import subprocess
import threading

import pytest

from conftest import BIN, LONG, processes_with, wait_until

LICENSES = "/usr/share/common-licenses"
SANITIZER = os.environ.get("MUSTER_TEST_SANITIZER", "")


def run(clustershell, name, *arguments):
    return clustershell.run(*map(str, arguments), program=f"../examples/{name}")


@pytest.mark.parametrize("name", ["bigsort", "loggrep", "pi", "sweep", "words"])
def test_an_example_without_a_cluster_says_what_to_do(clustershell, name):
    (clustershell.folder / "cluster.conf").write_text("[cluster none]\n")
    os.chmod(clustershell.folder / "cluster.conf", 0o600)
    arguments = {"bigsort": ["48", "in", "out"], "loggrep": ["1", "a", "b"], "words": [LICENSES]}
    result = run(clustershell, name, *arguments.get(name, []))
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr.startswith(f"{name}: ./cluster.conf")


@pytest.mark.parametrize("name,arguments", [
    ("bigsort", ["48", "in"]), ("bigsort", ["none", "in", "out"]), ("loggrep", ["0", "a", "b"]),
    ("loggrep", ["a"]), ("pi", ["63"]), ("words", [])])
def test_an_example_that_is_called_wrongly_says_how(clustershell, name, arguments):
    result = run(clustershell, name, "--local", 1, *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"usage: {name} [--local N]")


def test_words_are_counted_as_by_one_program(clustershell):
    total = collections.Counter()
    for entry in os.scandir(LICENSES):
        if entry.is_file():
            with open(entry.path, "rb") as file:
                total.update(re.findall(rb"[a-z]+", file.read().lower()))
    most = sorted(total.items(), key=lambda item: (-item[1], item[0]))[:10]
    result = run(clustershell, "words", "--local", 3, LICENSES)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "".join(f"{count:8d} {word.decode()}\n" for word, count in most)


def test_pi_is_the_sum_of_its_pieces(clustershell):
    inside = 0
    for seed in range(64):
        darts = random.Random(seed)
        inside += sum(darts.random() ** 2 + darts.random() ** 2 < 1 for _ in range(1000))
    result = run(clustershell, "pi", "--local", 3, 64_000)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{4 * inside / 64_000:.10g}\n"
    pieces = [int(count) for count in re.findall(r"^n[1-3] threw (\d+) of 64$", result.stderr, re.MULTILINE)]
    assert sum(pieces) == 64


def descend(step, momentum):
    """As the example does: how the line of a point ends, and its steps."""
    x, speed, count = 10.0, 0.0, 0
    while abs(x) > 1e-9 or abs(speed) > 1e-9:
        speed = momentum * speed - step * 2 * x
        x += speed
        count += 1
        if abs(x) > 1e9:
            return "failed: OverflowError: it goes away from the minimum (line 9)", None
        if count == 100_000:
            return "limit: CPU time of 1 s", None
    return f"{count} steps", count


def test_a_sweep_tells_every_point_in_order_and_the_best(clustershell):
    points = [(step, momentum) for step in (0, 0.01, 0.1, 0.5, 1.1) for momentum in (0, 0.5, 0.9)]
    ends = {point: descend(*point) for point in points}
    best = min((point for point in points if ends[point][1]), key=lambda point: ends[point][1])
    result = run(clustershell, "sweep", "--local", 2)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "   step  momentum\n" + "".join(
        f"{step:7g}{momentum:10g}  {ends[step, momentum][0]}\n" for step, momentum in points
    ) + f"best: step {best[0]:g}, momentum {best[1]:g}\n"
    assert "limit" in result.stdout and "failed" in result.stdout


def test_loggrep_prints_lines_as_they_come_and_stops_all_nodes_at_the_last_one(clustershell):
    logs = {name: clustershell.folder / f"{name}.log" for name in ("n1", "n2", "n3")}
    for name, log in logs.items():
        log.write_text(f"all well\nerror: before, on {name}\n")
    program = clustershell.start("--local", "3", "5", "^error", f"{clustershell.folder}/$MUSTER_NODE.log",
                                 program="../examples/loggrep")
    watchdog = threading.Timer(LONG, program.kill)
    watchdog.start()
    first = sorted(program.stdout.readline() for _ in range(3))
    assert first == [b"n%d: error: before, on n%d\n" % (i, i) for i in (1, 2, 3)]

    def add(name, text):
        with open(logs[name], "a", encoding="utf-8") as log:
            log.write(text)

    add("n2", "warning\nerror: live\n")
    assert program.stdout.readline() == b"n2: error: live\n"
    assert program.poll() is None
    add("n3", "error: the last\nerror: too many\n")
    out, err = program.communicate()
    watchdog.cancel()
    assert (program.returncode, out) == (0, b"n3: error: the last\n")
    assert err == b"3 cancelled: by the caller on n[1-3]\n"
    wait_until(lambda: not processes_with(clustershell.mark), LONG, "nothing of it runs")


def test_loggrep_tells_of_nodes_that_cannot_follow(clustershell):
    (clustershell.folder / "log").write_text("a line\n")
    result = run(clustershell, "loggrep", "--local", 2, 1, "[", clustershell.folder / "log")
    assert (result.returncode, result.stdout) == (1, "")
    assert sorted(result.stderr.splitlines()) == [
        "2 failed: exit code 2 on n[1-2]",
        "n1: grep: Invalid regular expression", "n2: grep: Invalid regular expression"]


def sort_of_coreutils(path):
    return subprocess.run(["sort", path], env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
                          stdout=subprocess.PIPE, check=True).stdout


@pytest.fixture(name="memory_limits")
def fixture_memory_limits(clustershell):
    if SANITIZER:
        pytest.skip("a sanitized worker takes more memory than the limit")
    said = clustershell.lines(1, "@1 --mem 1G true").stderr
    if "cannot limit memory" in said:
        pytest.skip(said)


@pytest.mark.usefixtures("memory_limits")
def test_a_file_larger_than_the_memory_of_a_worker_is_sorted(clustershell):
    source, sorted_by_nodes = clustershell.folder / "in", clustershell.folder / "out"
    numbers = random.Random(1)
    size = 0
    with open(source, "wb") as file:
        while size < 64 << 20:
            size += file.write(base64.b64encode(numbers.randbytes(numbers.randrange(100))) + b"\n")
    result = run(clustershell, "bigsort", "--local", 3, 48, source, sorted_by_nodes)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert sorted_by_nodes.read_bytes() == sort_of_coreutils(source)


@pytest.mark.usefixtures("memory_limits")
@pytest.mark.parametrize("text", [
    b"", b"b\na\tb\na\n\nlast without an end", b"\xff\n\0\n\n\x80\na\0b\na\n" * 10_000])
def test_nasty_lines_are_sorted_as_sort_does(clustershell, text):
    source, sorted_by_nodes = clustershell.folder / "in", clustershell.folder / "out"
    source.write_bytes(text)
    result = run(clustershell, "bigsort", "--local", 2, 48, source, sorted_by_nodes)
    assert (result.returncode, result.stderr) == (0, "")
    assert sorted_by_nodes.read_bytes() == sort_of_coreutils(source)


@pytest.mark.usefixtures("memory_limits")
def test_a_piece_that_does_not_fit_is_told_as_out_of_memory(clustershell):
    source = clustershell.folder / "in"
    source.write_bytes(b"all the same\n" * 1_000_000)
    result = run(clustershell, "bigsort", "--local", 3, 48, source, clustershell.folder / "out")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("bigsort: 1 out_of_memory: its limit of 48 MiB on n")
