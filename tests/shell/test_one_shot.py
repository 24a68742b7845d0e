"""One command for nodes on the command line, with the flags that clush has: plain and wrong uses of each."""

import hashlib
import os
import pathlib
import subprocess
import time

import pytest

from conftest import BIN, LONG, SLACK, without_time


def run(clustershell, *words, nodes="4", **options):
    return clustershell.run("--local", nodes, *words, **options)


def test_at_most_so_many_nodes_at_once(clustershell):
    most = clustershell.folder / "most"
    busy = f"mkdir -p {most}; touch {most}/$MUSTER_RANK; ls {most} | wc -l; sleep 0.1; rm {most}/$MUSTER_RANK"
    result = run(clustershell, "-a", "-N", "-f", "2", busy, nodes="6")
    assert result.returncode == 0, result.stderr
    counts = [int(line) for line in result.stdout.split()]
    assert len(counts) == 6 and max(counts) <= 2
    result = run(clustershell, "-L", "-c", "@4,2,3 -f 1 echo $MUSTER_RANK of $MUSTER_SIZE", "-c", "py * --fanout=3 6*7")
    assert result.stdout.splitlines() == ["n4: 0 of 3", "n2: 1 of 3", "n3: 2 of 3", "n1: 42", "n2: 42", "n3: 42", "n4: 42"]


def test_who_was_not_sent_to_when_it_was_stopped_is_told(clustershell):
    shell = clustershell.start("--local", "3", "-a", "-f", "1", "echo $MUSTER_NODE >&2; sleep 600")
    assert shell.stderr.readline().startswith(b"n1: n1")
    shell.send_signal(2)
    _, errors = shell.communicate(timeout=LONG)
    assert shell.returncode == 130
    assert errors.count(b"before it was sent") == 2
    assert b"0 ok, 3 cancelled: n[1-3], " in errors


def test_a_node_that_is_not_connected_in_time_is_given_up(clustershell, tmp_path):
    # An ssh that is connected, and never says a word.
    slow = tmp_path / "slow-ssh"
    slow.write_text("#!/bin/sh\nexec cat > /dev/null\n")
    slow.chmod(0o755)
    clustershell.environment["MUSTER_SSH"] = str(slow)
    (tmp_path / "cluster.conf").write_text("[cluster lab]\nnodes = far=ssh:nowhere\n")
    begun = time.monotonic()
    for words in (["-t", "0.3", "-a", "echo x"], ["-c", "@far --connect-timeout 300ms echo x"], ["-t", "0.3", "-c", "py * 1"]):
        result = clustershell.run(*words)
        assert (result.returncode, result.stdout) == (4, ""), words
        assert result.stderr == "far: unreachable: there was no connection within 300 ms (--connect-timeout)\n"
    assert time.monotonic() - begun < 3 * SLACK
    # One that is there is not given up for being silent.
    result = run(clustershell, "-a", "-t", "0.2", "sleep 0.5; echo $MUSTER_RANK", nodes="2")
    assert sorted(result.stdout.splitlines()) == ["n1: 0", "n2: 1"], result.stderr


def test_a_time_limit_by_its_letter(clustershell):
    result = run(clustershell, "-a", "-u", "0.3", "--grace", "0", "sleep 600", nodes="2")
    assert result.returncode == 1
    assert without_time(result.stderr)[-1] == "0 ok, 2 timed out: n[1-2]"


def test_the_login_user_reaches_ssh(clustershell, tmp_path):
    fake = tmp_path / "fake-ssh"
    fake.write_text(f"#!/bin/sh\necho \"$@\" >> {tmp_path}/said\nexit 1\n")
    fake.chmod(0o755)
    clustershell.environment["MUSTER_SSH"] = str(fake)
    (tmp_path / "cluster.conf").write_text(f"[cluster lab]\nnodes = far=ssh:nowhere, near=unix:{tmp_path}/none\n")
    assert clustershell.run("-l", "joe", "-w", "far", "true").returncode == 4
    assert (tmp_path / "said").read_text().startswith("-l joe -T ")
    result = clustershell.run("-l", "joe", "-a", "true")
    assert result.returncode == 2 and result.stderr.startswith("near: --user joe is for ssh addresses")
    result = clustershell.run("-c", "@far -l joe true")
    assert result.returncode == 2 and "start `clustershell -l joe`" in result.stderr
    result = clustershell.run("-l", "joe smith", "-a", "true")
    assert result.returncode == 2 and "is no name of a user" in result.stderr


def test_quiet_is_the_output_and_what_was_not_reached(clustershell):
    result = run(clustershell, "-a", "-q", "echo x; exit 3", nodes="2")
    assert (result.returncode, result.stderr) == (1, "") and sorted(result.stdout.splitlines()) == ["n1: x", "n2: x"]
    (clustershell.folder / "cluster.conf").write_text(f"[cluster lab]\nnodes = n1=unix:{clustershell.folder}/1, n2=unix:{clustershell.folder}/2\n")
    result = clustershell.run("-q", "-a", "true")
    assert result.returncode == 4 and result.stderr.count("unreachable") == 2 and "ok," not in result.stderr


def test_groups_stand_for_their_nodes(clustershell, tmp_path):
    (tmp_path / "cluster.conf").write_text(
        "[cluster lab]\nnodes = " + ", ".join(f"n{i}=unix:{tmp_path}/{i}.sock" for i in range(1, 5)) +
        "\n[groups]\nweb = n[1-3]\ndb = n4\n")
    daemons = [clustershell.start("--listen", f"unix:{tmp_path}/{i}.sock", "--name", f"n{i}", program="clusterd") for i in range(1, 5)]
    try:
        for daemon in daemons:
            assert b"listening" in daemon.stdout.readline()
        result = clustershell.run("-a", "-b", "-r", "echo same")
        assert result.stdout.splitlines()[1] == "@web,@db (4)", result.stderr
        result = clustershell.run("-c", "@ -r [ $MUSTER_NODE = n4 ] && echo odd || echo even", "-c", "@n1,n4 -r echo x")
        assert [line for line in result.stdout.splitlines() if "@" in line] == ["@db", "@web (3)", "@db,n1 (2)"]
    finally:
        for daemon in daemons:
            daemon.terminate()
        for daemon in daemons:
            daemon.communicate(timeout=LONG)


def test_progress_is_shown_on_a_terminal_only(clustershell):
    assert "of 2 nodes" not in run(clustershell, "-a", "-P", "sleep 0.5", nodes="2").stderr
    child = clustershell.terminal("--local", "2", "-a", "-P", "[ $MUSTER_NODE = n1 ] || { sleep 0.6; exit 3; }")
    child.expect("1 of 2 nodes, 0 ms; n2 still runs")
    child.expect("n2: failed: exit code 3")
    child.expect("1 ok, 1 failed: n2 exit 3, ")
    child.expect_exact("\r\n")


def test_progress_comes_by_itself_after_two_seconds(clustershell):
    child = clustershell.terminal("--local", "2", "-c", "@ sleep 2.4")
    child.expect(r"0 of 2 nodes, 2 s; n\[1-2\] still run")
    child.expect("2 ok, ")


def test_files_are_copied_there_and_back(clustershell):
    folder = clustershell.folder
    for name in "ab":
        (folder / name).write_text(name)
    (folder / "there").mkdir()
    result = run(clustershell, "-w", "n1", "--copy", "a", "b", "--dest", str(folder / "there"))
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert sorted(path.name for path in (folder / "there").iterdir()) == ["a", "b"]
    (folder / "there" / "a").write_text("changed")
    # As clush has it, too: the files behind all flags; and without --dest where it came from.
    assert run(clustershell, "-w", "n1", "-p", "--copy", "--dest", str(folder / "c"), "a").returncode == 0
    assert (folder / "c").read_text() == "a"
    assert run(clustershell, "-w", "n1", "--copy", str(folder / "there" / "a")).returncode == 0
    (folder / "back").mkdir()
    result = run(clustershell, "-w", "n[1-2]", "--rcopy", str(folder / "there/a"), "--dest", "back")
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in (folder / "back").iterdir()) == ["a.n1", "a.n2"]


@pytest.mark.parametrize("words, why", [
    (["--copy"], "--copy names no file"),
    (["--dest", "/tmp"], "--dest is for --copy and --rcopy"),
    (["--copy", "a", "--rcopy", "b"], "--copy and --rcopy exclude each other"),
    (["--copy", "a", "--dest", "/tmp", "-f", "2"], "--fanout is for commands"),
    (["--copy", "a", "-c", "check"], "does not go with -c"),
    (["-f", "0", "true"], "it has to be above 0"),
    (["-f", "many", "true"], "--fanout"),
    (["-t", "0", "true"], "it has to be above 0"),
    (["-u", "soon", "true"], '"soon" is no duration'),
    (["-i", "-f", "2", "cat"], "does not go with --fanout"),
    (["-i", "--bg", "cat"], "--bg does not go with --stdin"),
    (["--dryrun", "true"], "did you mean --dry-run?"),
])
def test_what_is_wrong_runs_nothing(clustershell, words, why):
    result = run(clustershell, "-a", *words)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    assert why in result.stderr


def test_a_dry_run_runs_nothing(clustershell):
    ran = clustershell.folder / "ran"
    result = run(clustershell, "--dry-run", "-c", f"@1-3 touch {ran}", "-c", f"py 2 open('{ran}', 'w')", "-c", f"put /etc/hostname {ran}",
                 "-c", f"run wordcount {ran}", "-c", f"@n1 get /etc/hostname {ran}")
    assert result.returncode == 0 and not ran.exists()
    assert result.stdout.splitlines() == [
        f"would run on n[1-3] (3 nodes): touch {ran}", f"would run on n2 (1 node), Python: open('{ran}', 'w')",
        f"would copy /etc/hostname to {ran} on n[1-4] (4 nodes)", f"would run: run wordcount {ran}",
        f"would copy /etc/hostname of n1 to {ran} (1 node)"]
    for line in (f"@ --dry-run touch {ran}", f"@1 --dry-run put /etc/hostname {ran}", f"@1 put --dry-run /etc/hostname {ran}"):
        assert run(clustershell, "-c", line).stdout.startswith("would "), line
    assert run(clustershell, "-a", "--dry-run", "--copy", "/etc/hostname", "--dest", str(ran)).stdout.startswith("would copy")
    assert run(clustershell, "--dry-run", "-w", "n9", "true").returncode == 3
    assert not ran.exists()


def test_standard_input_goes_to_every_node_when_asked(clustershell):
    text = "".join(f"line {i} ü\n" for i in range(20000))
    result = run(clustershell, "-a", "-N", "-i", "sha256sum; echo $MUSTER_RANK", nodes="3", text=text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert sorted(result.stdout.splitlines()) == sorted(["0", "1", "2"] + [f"{digest}  -"] * 3)
    assert run(clustershell, "-a", "-i", "head -1", nodes="2", text=text).stdout.count("line 0 ü") == 2
    assert run(clustershell, "-a", "-i", "exit 0", nodes="2", text=text).returncode == 0
    assert run(clustershell, "-a", "-i", "wc -c", nodes="1").stdout.split() == ["n1:", "0"]
    # The lines of a script are no input of its commands.
    result = run(clustershell, nodes="1", text="@ -i cat\n@ echo next\n")
    assert result.returncode == 2 and "--stdin would read" in result.stderr and result.stdout == "n1: next\n"


def test_one_slow_reader_does_not_make_the_memory_grow(clustershell):
    shell = clustershell.start("--local", "2", "-a", "-i", "[ $MUSTER_NODE = n1 ] && cat >/dev/null || { sleep 1; cat >/dev/null; }",
                               stdin=subprocess.PIPE)
    for _ in range(400):
        shell.stdin.write(b"x" * 65536)
    peak = [line for line in pathlib.Path(f"/proc/{shell.pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    _, errors = shell.communicate(timeout=LONG)
    assert shell.returncode == 0, errors
    # What was freed stays a while with a sanitizer.
    bound = (200 << 10) * (4 if os.environ.get("MUSTER_TEST_SANITIZER") else 1)
    assert int(peak[0].split()[1]) < bound, peak


def test_lines_of_a_file(clustershell):
    script = clustershell.folder / "lines"
    script.write_text("# a comment\n@1 echo one\n\n@2 -i cat\n@1 exit 3")
    result = run(clustershell, "--file", str(script), text="given")
    assert result.returncode == 1 and result.stdout == "n1: one\nn2: given\n"
    assert run(clustershell, "--file", "-", text="@1 echo two\n").stdout == "n1: two\n"
    result = run(clustershell, "--file", "none")
    assert result.returncode == 2 and "cannot read --file none: No such file" in result.stderr
    result = run(clustershell, "--file", str(script), "-c", "check")
    assert result.returncode == 2 and "--file does not go with -c" in result.stderr


def test_a_broken_pipe_ends_it_quietly(clustershell):
    """As `clustershell … | head`: nobody is told, and the nodes are stopped."""
    command = f"{BIN}/clustershell --local 2 -a yes | head -1"
    result = subprocess.run(["sh", "-c", command], capture_output=True, timeout=LONG, encoding="utf-8", check=False,
                            env=clustershell.environment, stdin=subprocess.DEVNULL)
    assert (result.stdout[2:], result.stderr) == (": y\n", "")


def test_input_of_a_closed_descriptor_is_empty(clustershell):
    result = subprocess.run(["sh", "-c", f"{BIN}/clustershell --local 1 -a -i 'wc -c' <&-"], capture_output=True, timeout=LONG,
                            encoding="utf-8", check=False, env=clustershell.environment)
    assert result.stdout.split() == ["n1:", "0"], result.stderr


def test_nodes_have_to_be_named(clustershell, tmp_path):
    for words in (["-x", "n1", "--", "echo x"], ["--pick", "1", "--", "echo x"], ["--copy", "a", "--dest", "b"]):
        result = clustershell.run("--local", "2", *words)
        assert (result.returncode, result.stdout) == (2, ""), words
        assert "no nodes are named" in result.stderr, words


def test_groups_may_be_a_list(clustershell, tmp_path):
    (tmp_path / "cluster.conf").write_text(
        "[cluster lab]\nnodes = a=unix:/none/a, b=unix:/none/b, c=unix:/none/c\n[groups]\none = a\nb = c\n")
    for words, nodes in ((["-g", "one,b"], "a,c"), (["-a", "-X", "one,b"], "b")):
        result = clustershell.run(*words, "--dry-run", "--", "echo x")
        assert result.stdout.startswith(f"would run on {nodes} ("), words


def test_a_job_of_the_one_line_is_waited_for(clustershell):
    result = clustershell.run("--local", "1", "-w", "n1", "--bg", "--", "sleep 0.3; echo done; exit 3")
    assert result.stdout == "n1: done\n" and result.returncode == 1
