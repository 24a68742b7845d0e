"""Jobs: what the shell ran and runs, once more, in another form, into a local command."""

import json
import time

import pytest

from conftest import LONG, SLACK, wait_until, without_time

RULE = "---------------"


def test_the_last_line_is_told_again_folded_and_as_differences(clustershell):
    line = "@ echo same; [ $MUSTER_NODE != n3 ] || echo odd; echo err >&2"
    result = clustershell.lines(4, line, "fold", "@ -q true", "fold 1", "diff 1", "fold 1 -B", "fold", "fold -L 1")
    told = result.stdout.splitlines()[5:]
    folded = [RULE, "n3", RULE, "same", "odd", RULE, "n[1-2,4] (3)", RULE, "same"]
    assert told[:9] == folded
    # Of a line in front of the prompt what it wrote is kept until the next one.
    assert "what job 1 wrote is no longer kept; 'rerun 1' runs it again" in result.stderr
    result = clustershell.lines(4, line, "diff", "fold -B", "fold -N", "fold --ordered", "diff -q")
    told = result.stdout.splitlines()[5:]
    assert told[:6] == ["--- n[1-2,4] (3)", "+++ n3", "@@ -1 +1,2 @@", " same", "+odd", RULE]
    assert told[6:14] == ["n3", RULE, "same", "odd", "err", RULE, "n[1-2,4] (3)", RULE]
    assert told[16:24] == ["same", "odd", "same", "n1: same", "n2: same", "n3: same", "n3: odd", "n4: same"]
    # The nodes' stderr and outcomes were told once.
    assert result.stderr.count("n1: err") == 1 and result.stderr.count(" ok") == 1


@pytest.mark.parametrize("line, why", [
    ("fold", "fold: no line has run on nodes yet"),
    ("diff", "diff: no line has run on nodes yet"),
    ("fold @ uptime", "write @ --fold uptime"),
    ("diff a b", "takes no 'a'; for files of this machine: !diff a b"),
    ("fold -z", "unknown flag -z"),
    ("fold 7", "there is no job 7; nothing was run yet"),
    ("jobs x", "'x' is no number of a job"),
    ("cancel", "it needs the number of a job"),
    ("cancel 3", "there is no job 3"),
    ("rerun", "no line has run on nodes yet"),
    ("rerun --faled", "did you mean --failed?"),
])
def test_what_is_wrong_says_so(clustershell, line, why):
    result = clustershell.lines(1, line)
    assert (result.returncode, result.stdout) == (2, "")
    assert why in result.stderr


def test_what_is_too_much_to_keep_is_left_out_and_said(clustershell):
    result = clustershell.run("--local", "2", "-c", "@ -q [ $MUSTER_NODE = n1 ] && echo small || yes | head -c 80M", "-c", "fold")
    assert result.stdout.endswith(f"{RULE}\nn1\n{RULE}\nsmall\n")
    assert result.stderr.splitlines()[-1] == "n2: wrote too much to be kept (of one line 64 MiB are), and is left out"


def test_jobs_lists_what_ran(clustershell):
    result = clustershell.lines(3, "jobs", "@ true", "@2,3 exit 4", "py 1 6*7", "jobs", "show", "jobs 2")
    rows = [line.split(maxsplit=5) for line in result.stdout.splitlines()[1:5]]
    assert rows[0] == ["job", "state", "took", "nodes", "line"]
    assert [(row[0], row[1], row[4], row[5]) for row in rows[1:]] == [
        ("1", "ok", "n[1-3]", "@ true"), ("2", "failed", "n[2-3]", "@2,3 exit 4"), ("3", "ok", "n1", "py 1 6*7")]
    assert "no line has run on nodes yet" in result.stderr
    assert "job 2: 0 ok, 2 failed: n[2-3] exit 4" in result.stderr


def test_a_line_runs_again_where_it_failed(clustershell):
    folder = clustershell.folder
    line = f"@ [ $MUSTER_NODE = n2 ] || [ -e {folder}/ok-$MUSTER_NODE ] || {{ touch {folder}/ok-$MUSTER_NODE; exit 3; }}; echo well"
    result = clustershell.lines(3, line, "rerun --failed", "rerun --failed", "rerun 1")
    assert sorted(result.stdout.splitlines()) == sorted(["n2: well"] + ["n1: well", "n3: well"] + ["n1: well", "n2: well", "n3: well"])
    told = [text for text in without_time(result.stderr) if " ok" in text]
    assert told[:2] + told[3:] == ["1 ok, 2 failed: n[1,3] exit 3", "2 ok", "3 ok"]
    assert told[2].startswith("job 2 failed nowhere: 2 ok, ")


def test_flags_of_a_line_are_those_of_its_rerun(clustershell):
    result = clustershell.lines(3, "@1-2 -b --env A=x echo $A !| sed s/x/y/", "rerun")
    assert result.stdout.splitlines() == [RULE, "n[1-2] (2)", RULE, "y"] * 2


def test_a_job_in_the_background_of_lines_is_waited_for(clustershell):
    begun = time.monotonic()
    result = clustershell.lines(2, "@ --bg -b sleep 0.6; echo late; [ $MUSTER_NODE = n1 ] || exit 5", "@1 echo first", "jobs")
    assert time.monotonic() - begun < 3 * SLACK
    lines = result.stdout.splitlines()
    assert lines[0] == "n1: first" and lines[2].split()[1:3] == ["running", "0/2"]
    assert lines[-4:] == [RULE, "n[1-2] (2)", RULE, "late"]
    assert result.returncode == 1
    assert without_time(result.stderr)[-2:] == ["n2: failed: exit code 5", "1 ok, 1 failed: n2 exit 5"]


def test_what_jobs_of_lines_write_is_told_when_they_have_ended(clustershell):
    jobs = [f"@1 --bg echo job {number}; exit {number % 2}" for number in range(8)]
    result = clustershell.lines(1, *jobs, "@1 sleep 0.5; echo front", "jobs 1", "@1 echo last")
    lines = result.stdout.splitlines()
    assert lines[-1] == "n1: last"
    assert [lines.count(f"n1: job {number}") for number in range(1, 8)] == [1] * 7
    assert result.returncode == 1 and result.stderr.count("n1: failed: exit code 1") == 4


def test_a_job_at_the_prompt(clustershell):
    child = clustershell.prompt(3)
    child.sendline("@ --bg sleep 600")
    child.expect_exact("[1] runs on n[1-3] ('jobs' lists it, 'cancel 1' stops it)")
    child.sendline("@2 --bg echo quick")
    child.expect_exact("[2] runs on n2")
    child.expect_exact("muster> ")
    def ended():
        child.sendline("")
        return child.expect([r"\[2\] 1 ok, [0-9.]+ m?s: @2 --bg echo quick \('jobs 2' shows", "muster> "]) == 0
    wait_until(ended, LONG, "job 2 is told to have ended")
    child.sendline("jobs")
    child.expect(r"1 +running 0/3 .* n\[1-3\] +@ --bg sleep 600")
    child.expect(r"2 +ok .* n2 +@2 --bg echo quick")
    child.sendline("jobs 2")
    child.expect_exact("n2: quick")
    child.sendline("fold 1")
    child.expect_exact("job 1 still runs; 'cancel 1' stops it")
    child.sendline("cancel 1")
    child.expect_exact("stopping job 1; again to stop it at once")
    child.expect_exact("muster> ")
    def stopped():
        child.sendline("jobs 1")
        return child.expect([r"0 ok, 3 cancelled: n\[1-3\]", "job 1 running"]) == 0
    wait_until(stopped, LONG, "job 1 was stopped")
    child.sendline("cancel 1")
    child.expect_exact("job 1 has ended: ")


def test_jobs_of_a_prompt_end_with_it(clustershell):
    child = clustershell.prompt(2)
    child.sendline("@ --bg sleep 600")
    child.expect_exact("[1] runs on")
    child.sendline("exit")
    child.expect_exact("stopping job 1: @ --bg sleep 600")
    child.expect_exact("\r\n")
    child.wait()


def test_ctrl_c_ends_the_wait_for_jobs(clustershell):
    shell = clustershell.start("--local", "1", "-c", "@1 --bg echo ready >&2; sleep 600", "-c", "@1 --bg sleep 600")
    assert shell.stderr.readline().startswith(b"[1]") and shell.stderr.readline().startswith(b"[2]")
    shell.send_signal(2)
    _, errors = shell.communicate(timeout=LONG)
    assert shell.returncode == 130, errors


def test_output_goes_into_a_local_command(clustershell):
    result = clustershell.lines(3, "@ -L echo b$MUSTER_RANK; echo err >&2 !| sort -r; pwd", "@ echo '!| kept'")
    lines = result.stdout.splitlines()
    assert lines[:4] == ["n3: b2", "n2: b1", "n1: b0", str(clustershell.folder)]
    assert sorted(lines[4:]) == [f"n{node}: !| kept" for node in (1, 2, 3)]
    assert result.stderr.count(": err") == 3


def test_the_exit_code_of_a_pipe(clustershell):
    assert clustershell.lines(1, "@ echo x !| grep -q y").returncode == 1
    assert clustershell.lines(1, "@ echo x !| exit 7").returncode == 7
    assert clustershell.lines(1, "@ echo x; exit 7 !| cat").returncode == 1
    assert clustershell.lines(1, "@ -S echo x; exit 7 !| cat").returncode == 7
    assert clustershell.lines(1, "@ echo x !| nosuchprogram").returncode == 127


def test_a_local_command_that_ends_early_stops_the_line_quietly(clustershell):
    begun = time.monotonic()
    result = clustershell.lines(2, "@ yes !| head -2", "@1 echo after")
    assert time.monotonic() - begun < 5 * SLACK
    lines = result.stdout.splitlines()
    assert len(lines) == 3 and lines[2] == "n1: after"
    assert (result.returncode, result.stderr) == (0, "")


def test_ctrl_c_stops_both_ends_of_a_pipe(clustershell):
    child = clustershell.prompt(1)
    child.sendline("@ echo here; sleep 600 !| cat")
    child.expect_exact("n1: here")
    child.sendintr()
    child.expect_exact("n1: cancelled")
    child.expect_exact("muster> ")
    child.sendline("@ echo alive")
    child.expect_exact("n1: alive")


@pytest.mark.parametrize("line", ["@ echo !|", "@ !| cat"])
def test_a_pipe_needs_two_ends(clustershell, line):
    result = clustershell.lines(1, line)
    assert result.returncode == 2 and "on each side of !| there has to be a command" in result.stderr


def test_what_is_told_again_as_json_has_its_outcome(clustershell):
    result = clustershell.lines(1, "@1 echo out; echo err >&2; exit 3", "fold -o json")
    told = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert [event["stream"] for event in told[:-1]] == ["stdout", "stderr"]
    assert (told[-1]["status"], told[-1]["exit_code"], told[-1]["bytes_err"]) == ("failed", 3, 4)
