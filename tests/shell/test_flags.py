"""Flags of an execution: in a line behind the target, and on the command line for every line."""

import time

import pytest

from conftest import SLACK, without_time


def test_a_timeout_in_a_line_stops_it(clustershell):
    begun = time.monotonic()
    result = clustershell.lines(2, "@* --timeout 500ms --grace 1s sleep 12345", "@1 echo after")
    assert time.monotonic() - begun < 4 * SLACK
    assert result.returncode == 1
    assert result.stdout == "n1: after\n"
    errors = without_time(result.stderr)
    assert sorted(line.split(":")[0] + ":" + line.split(":")[1] for line in errors[:2]) == [
        "n1: timed_out", "n2: timed_out"]
    assert errors[2] == "0 ok, 2 timed out: n[1-2]"


@pytest.mark.parametrize("line", [
    "@1 --timeout 300ms sleep 12345",
    "@1 --timeout=0.3 -- sleep 12345",
    "@ --timeout .3s sleep 12345",
    "py 1 --timeout 300ms import time; time.sleep(12345)",
])
def test_a_timeout_may_be_written_in_several_ways(clustershell, line):
    result = clustershell.lines(1, line)
    assert result.returncode == 1
    assert result.stderr.startswith("n1: timed_out")


def test_environment_and_folder_reach_the_command(clustershell):
    folder = clustershell.folder / "two words"
    folder.mkdir()
    result = clustershell.lines(
        1, f"@1 --env A=1 --env 'B=two  words' --cwd '{folder}' -- echo \"$A $B\"; pwd",
        "py 1 --env A=x import os; os.environ['A']")
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"n1: 1 two  words\nn1: {folder}\nn1: 'x'\n"


def test_flags_of_the_command_line_hold_for_every_line(clustershell):
    result = clustershell.run(
        "--local", "1", "--env", "A=1", "--env", "B=2", "--timeout", "30s", "--cwd", "/",
        "-c", "@ echo $A $B; pwd", "-c", "@1 --env A=9 echo $A $B", "-c",
        "py 1 import os; os.environ['B']", "-c", "@1 --timeout 300ms sleep 12345")
    assert result.returncode == 1
    assert result.stdout == "n1: 1 2\nn1: /\nn1: 9 2\nn1: '2'\n"
    assert result.stderr.startswith("n1: timed_out")


def test_a_short_grace_ends_a_stubborn_command(clustershell):
    begun = time.monotonic()
    result = clustershell.lines(
        1, "@1 --timeout 200ms --grace 200ms trap '' INT TERM; while :; do sleep 0.1; done")
    assert time.monotonic() - begun < 4 * SLACK
    assert result.stderr.startswith("n1: timed_out")


@pytest.mark.parametrize("line, outcome", [
    ("@1 --cpu 200ms while :; do :; done", "limit: CPU time of 200 ms"),
    ("@1 --fsize 64K head -c 1M /dev/zero > big", "limit: file size of 64 KiB"),
    ("@1 --max-output 1K yes >&2", "limit: output of 1 KiB"),
    ("py 1 --nofile 32 [open('/dev/null') for i in range(99)]",
     "limit: 32 open files"),
])
def test_a_limit_ends_it_and_is_named(clustershell, line, outcome):
    result = clustershell.run("--local", "1", "--cwd", str(clustershell.folder), "-c", line)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == f"n1: {outcome}"


def test_resources_are_held_one_by_one(clustershell):
    (clustershell.folder / "cluster.conf").write_text("[daemon]\nslots = gpu=2,\n  license=a|b|c\n")
    result = clustershell.lines(
        1, "@1 --resources gpu=1 echo $MUSTER_SLOT_GPU", "@1 --resources=gpu=2,license=1 echo "
        "$CUDA_VISIBLE_DEVICES $MUSTER_SLOT_LICENSE", "py 1 --resources gpu=1 import os; "
        "os.environ['CUDA_VISIBLE_DEVICES']", "@1 --resources gpu=3 echo never", "show")
    assert result.stdout.splitlines()[:3] == ["n1: 0", "n1: 0,1 a", "n1: '0'"]
    assert result.stdout.splitlines()[-1].split()[-2:] == ["gpu:2/2,license:3/3", "-"]
    assert "n1: refused: this node has 2 gpu, 3 were asked\n" in result.stderr


def test_size_and_rank_are_told_to_each(clustershell):
    result = clustershell.lines(3, "@3,1 echo $MUSTER_RANK of $MUSTER_SIZE", "@2 echo $MUSTER_SIZE")
    lines = result.stdout.splitlines()
    assert sorted(lines[:2]) == ["n1: 1 of 2", "n3: 0 of 2"]
    assert lines[2] == "n2: 1"


def test_what_outlives_a_command_is_kept_or_reaped(clustershell):
    # Short: what is left is nobody's any more, and ends by itself.
    service = "setsid sleep 5 > /dev/null 2>&1 & sleep 0.2"
    result = clustershell.lines(1, f"@1 {service}", f"@1 --reap {service}",
                                "@1 --keep sleep 5 > /dev/null 2>&1 & sleep 0.2")
    assert result.stderr == (
        "n1: left 1 running\n"
        "n1: ended 1 still running in its background; --keep keeps it\n"
        "n1: left 1 running\n")


def test_two_dashes_end_the_flags(clustershell):
    result = clustershell.lines(1, "@1 -- echo --timeout 5s", "@1 echo --timeout 5s", "py 1 -- --5")
    assert result.stdout == "n1: --timeout 5s\nn1: --timeout 5s\nn1: 5\n"


@pytest.mark.parametrize("flags, complaint", [
    ("--timeuot 5s", "unknown flag --timeuot; did you mean --timeout?; valid here: --timeout, --grace"),
    ("--timeout soon", '--timeout: "soon" is no duration'),
    ("--mem 5X", '--mem: "5X" is no size'),
    ("--resources gpu", '--resources: "gpu" is not NAME=N'),
    ("--env A", '--env: "A" is not NAME=VALUE'),
    ("--reap --keep", "--reap and --keep exclude each other"),
])
def test_a_wrong_flag_runs_nothing_and_exits_2(clustershell, flags, complaint):
    ran = clustershell.folder / "ran"
    result = clustershell.lines(1, f"@1 {flags} touch {ran}", f"py 1 {flags} open('{ran}', 'w')")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count(complaint) == 2
    assert result.stderr.startswith("@: ") and "\npy: " in result.stderr
    assert not ran.exists()


def test_a_wrong_flag_of_the_command_line_starts_nothing(clustershell):
    for arguments, complaint in {("--timeout", "soon"): '--timeout: "soon" is no duration',
                                 ("--gracee", "5s"): "did you mean --grace?",
                                 ("--reap", "--keep"): "--keep"}.items():
        result = clustershell.run("--local", "1", *arguments, "-c", "@ echo never")
        assert (result.returncode, result.stdout) == (2, "")
        assert complaint in result.stderr


def test_flags_without_a_command_say_how_it_is_used(clustershell):
    for line in ["@1 --timeout 5s", "@1 --timeout", "@ --", "py 1 --timeout 5s", "py 1 --"]:
        result = clustershell.lines(1, line)
        assert result.returncode == 2, line
        assert "usage: " in result.stderr, line


def test_the_help_lists_the_flags(clustershell):
    for text in [clustershell.lines(1, "help @").stdout, clustershell.lines(1, "help py").stdout,
                 clustershell.run("--help").stdout]:
        for flag in ["--timeout D", "--mem SIZE", "--env NAME=VALUE", "--cwd DIR", "--keep"]:
            assert flag in text


def test_a_flag_completes_at_the_prompt(clustershell):
    child = clustershell.prompt(1)
    child.send("@1 --tim\t0.3 sleep 12345\r")
    child.expect_exact("n1: timed_out")
