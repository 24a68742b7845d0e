"""Lines: where they come from, what they mean, and what the shell ends with."""

import os
import subprocess

from conftest import BIN, LONG, without_time


def test_three_nodes_answer(clustershell):
    result = clustershell.lines(3, "@ hostname", "py * 6*7", "check")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 9
    assert sorted(lines[3:6]) == ["n1: 42", "n2: 42", "n3: 42"]
    assert [line.split(",")[0] for line in lines[6:]] == ["n1: ok", "n2: ok", "n3: ok"]
    assert without_time(result.stderr) == ["3 ok", "3 ok", "3 ok"]


def test_a_semicolon_belongs_to_the_node(clustershell):
    result = clustershell.lines(1, "@ echo a; echo b | tr b c")
    assert result.stdout == "n1: a\nn1: c\n"


def test_behind_the_target_a_line_stays_untouched(clustershell):
    result = clustershell.lines(1, "@n1   printf '[%s]' 'a   b'  \"$((1+1))\" \\* # done")
    assert result.stdout == "n1: [a   b][2][*]\n"


def test_newlines_separate_lines_and_comments_are_nothing(clustershell):
    result = clustershell.lines(1, "# a comment\n\n  @ echo a\n@ echo b")
    assert result.stdout == "n1: a\nn1: b\n"
    assert result.returncode == 0


def test_later_lines_run_although_an_earlier_one_failed(clustershell):
    result = clustershell.lines(1, "nonsense", "@ false", "@ echo still")
    assert result.stdout == "n1: still\n"
    assert result.returncode == 2


def test_targets_choose_nodes(clustershell):
    for target, nodes in {"@": "123", "@*": "123", "@n2": "2", "@1,3": "13", "@2-3": "23",
                          "@n*,n1": "123", "@1,1,n1": "1"}.items():
        result = clustershell.lines(3, f"{target} echo here")
        assert sorted(result.stdout.splitlines()) == [f"n{node}: here" for node in nodes], target


def test_a_bad_target_runs_nothing_and_exits_3(clustershell):
    for target in ["9", "0", "n4", "n1,n4", "1-9", "x*", "n[3-4]", "*!n4", "3rd"]:
        result = clustershell.lines(3, f"@{target} touch {clustershell.folder}/ran", f"py {target} 1")
        assert result.returncode == 3, target
        assert result.stdout == ""
        assert result.stderr.count("valid here: 1-3, n[1-3] or *") == 2
        assert not (clustershell.folder / "ran").exists()


def test_a_target_that_is_written_wrong_runs_nothing_and_exits_2(clustershell):
    for target in ["3-1", "n1,", "n[1-3", "n1,,n2", "state=up", "colour=red", "cores>=many", "!n1"]:
        result = clustershell.lines(3, f"@{target} touch {clustershell.folder}/ran", f"py {target} 1")
        assert result.returncode == 2, target
        assert result.stdout == ""
        assert [line.strip() for line in result.stderr.splitlines()].count("^") == 2, result.stderr
        assert not (clustershell.folder / "ran").exists()


def test_exit_codes_of_several_lines_have_an_order(clustershell):
    assert clustershell.lines(1, "@ true").returncode == 0
    assert clustershell.lines(1, "@ true", "@ exit 7").returncode == 1
    assert clustershell.lines(1, "@ false", "@x true").returncode == 3
    assert clustershell.lines(1, "@x true", "nonsense", "@ false").returncode == 2


def test_an_unknown_command_gets_the_nearest_one(clustershell):
    result = clustershell.lines(1, "chekc")
    assert result.returncode == 2
    assert "unknown command 'chekc'; did you mean check?" in result.stderr


def test_an_unknown_option_gets_the_right_one(clustershell):
    result = clustershell.run("--lcoal", "3")
    assert (result.returncode, result.stdout) == (2, "")
    assert "--lcoal; did you mean --local?" in result.stderr


def test_commands_say_how_they_are_used(clustershell):
    for line in ["@", "@n1", "py", "py 1", "check n1 now", "show n1 x", "nodes n1 x", "groups x", "ps 1 x", "sessions close", "sessions n1 x", "stop", "stop 1 x", "stop 1 -z", "start", "terminate", "terminate 1 2", "cluster x",
                 "stop 1 a-1 soon", "stop 1 a-1 5s x", "debug maybe", "exit 3",
                 "help nothing", "run 'x"]:
        result = clustershell.lines(1, line)
        assert result.returncode == 2, line
        assert "usage: " in result.stderr, line


def test_help_lists_every_command(clustershell):
    listing = clustershell.lines(1, "help").stdout
    for command in ["@", "py", "run", "check", "show", "nodes", "tag", "untag", "use", "assign", "refresh", "groups", "ps", "sessions", "stop", "start", "terminate", "cluster", "debug", "help", "exit", "quit"]:
        assert f"\n{command}" in listing
        one = clustershell.lines(1, f"help {command}")
        assert one.returncode == 0 and one.stdout.startswith(command)


def test_a_script_on_standard_input_runs(clustershell):
    result = clustershell.run("--local", "1", text="@ echo a\ncheck\n@ echo last")
    assert result.returncode == 0
    assert result.stdout.splitlines()[0] == "n1: a"
    assert result.stdout.splitlines()[-1] == "n1: last"


def test_exit_ends_the_lines(clustershell):
    result = clustershell.lines(1, "@ echo a", "quit", "@ echo b")
    assert (result.stdout, result.returncode) == ("n1: a\n", 0)


def test_help_and_version_need_no_cluster(clustershell):
    assert "--local" in clustershell.run("--help").stdout
    assert clustershell.run("--version").stdout.startswith("clustershell ")


def test_a_bad_configuration_shows_at_once(clustershell):
    (clustershell.folder / "bad.conf").write_text("[cluster x]\nnodse = n1=unix:/x\n")
    result = clustershell.run("--config", "bad.conf", "-c", "help")
    assert (result.returncode, result.stdout) == (2, "")
    assert "bad.conf:2" in result.stderr and "nodes" in result.stderr
    result = clustershell.run("--config", "missing.conf", "-c", "help")
    assert result.returncode == 2 and "missing.conf" in result.stderr


def test_show_lists_the_nodes(clustershell):
    lines = clustershell.lines(2, "show").stdout.splitlines()
    assert lines[0].split() == ["@", "name", "address", "state", "cores", "memory", "load", "python",
                                "running", "latency", "slots", "tags"]
    assert [line.split()[:2] for line in lines[1:]] == [["1", "n1"], ["2", "n2"]]
    assert all(line.split()[3] == "running" for line in lines[1:])


def test_of_several_clusters_one_is_chosen(clustershell):
    (clustershell.folder / "three.conf").write_text(
        "[cluster lab]\nnodes = a=unix:/tmp/a, b=unix:/tmp/b\n[cluster home]\nnodes = c=unix:/tmp/c\n")
    result = clustershell.run("--config", "three.conf", "-c", "show")
    assert result.returncode == 2
    assert "lab" in result.stderr and "home" in result.stderr
    result = clustershell.run("--config", "three.conf", "--cluster", "lab", "-c", "show")
    assert [line.split()[1] for line in result.stdout.splitlines()] == ["name", "a", "b"]
    result = clustershell.run("--config", "three.conf", "--cluster", "la", "-c", "show")
    assert result.returncode == 2 and "[cluster la]" in result.stderr


def test_lines_of_other_systems(clustershell):
    """A mark of the encoding in front, a CR behind each line, no newline at the end."""
    (clustershell.folder / "crlf").write_bytes(b"\xef\xbb\xbfnodes\r\n\r\n@ echo a")
    for result in (clustershell.run("--local", "1", "--file", "crlf"),
                   clustershell.run("--local", "1", text="\ufeffnodes\r\n\r\n@ echo a")):
        assert (result.returncode, result.stdout, result.stderr) == (0, "n1\nn1: a\n", "")


def test_what_holds_no_lines(clustershell):
    result = clustershell.run("--local", "1", "--file", ".")
    assert result.returncode == 2 and "cannot read lines from .: Is a directory" in result.stderr
    folder = os.open(clustershell.folder, os.O_RDONLY)
    process = clustershell.start("--local", "1", stdin=folder)
    assert b"cannot read lines from standard input: Is a directory" in process.communicate(timeout=LONG)[1]
    os.close(folder)
    closed = subprocess.run(["sh", "-c", 'exec "$0" --local 1 <&-', str(BIN / "clustershell")], timeout=LONG, check=False,
                            env=clustershell.environment, capture_output=True)
    assert (closed.returncode, closed.stdout) == (0, b"")
