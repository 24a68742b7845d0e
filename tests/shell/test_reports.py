"""Reports: what a line brings, live, node by node, folded, as a difference, as JSON; and the command line
that clush has."""

import json
import pathlib

from conftest import without_time

RULE = "---------------"


def run(clustershell, *words):
    return clustershell.run("--local", "4", *words)


def events(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def outcome_of(result, node):
    found, = [event for event in events(result) if event["type"] == "outcome" and event["node"] == node]
    return found


def test_what_nodes_say_alike_is_said_once_and_outliers_first(clustershell):
    result = run(clustershell, "-c", "@ -b echo Linux; [ $MUSTER_NODE != n3 ] || echo odd")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [RULE, "n3", RULE, "Linux", "odd", RULE, "n[1-2,4] (3)", RULE, "Linux"]


def test_folds_of_equal_size_come_in_the_order_of_their_first_nodes(clustershell):
    result = run(clustershell, "-c", "@ --fold echo $((MUSTER_RANK / 2))")
    assert [line for line in result.stdout.splitlines() if line.startswith("n")] == ["n[1-2] (2)", "n[3-4] (2)"]


def test_who_says_nothing_is_in_no_fold(clustershell):
    result = run(clustershell, "-c", "@ -b true")
    assert (result.stdout, without_time(result.stderr), result.returncode) == ("", ["4 ok"], 0)


def test_stderr_comes_live_or_is_folded_too(clustershell):
    result = run(clustershell, "-c", "@1-2 -b echo out; echo err >&2")
    assert result.stdout.splitlines()[1:] == ["n[1-2] (2)", RULE, "out"]
    assert sorted(without_time(result.stderr)) == ["2 ok", "n1: err", "n2: err"]
    result = run(clustershell, "-c", "@1-2 -B echo err >&2")
    assert result.stdout.splitlines()[1:] == ["n[1-2] (2)", RULE, "err"]
    assert without_time(result.stderr) == ["2 ok"]


def test_failures_of_a_kind_are_said_once(clustershell):
    result = run(clustershell, "-c", "@ -b echo same; [ $MUSTER_NODE = n1 ] || exit 3")
    assert result.returncode == 1
    assert result.stdout.splitlines()[1] == "n[1-4] (4)"
    assert without_time(result.stderr) == ["n[2-4]: failed: exit code 3", "1 ok, 3 failed: n[2-4] exit 3"]


def test_live_and_folded_together(clustershell):
    result = run(clustershell, "-c", "@1-2 -bv echo x")
    lines = result.stdout.splitlines()
    assert sorted(lines[:2]) == ["n1: x", "n2: x"] and lines[2:] == [RULE, "n[1-2] (2)", RULE, "x"]


def test_ordered_comes_node_by_node(clustershell):
    result = run(clustershell, "-c", "@ -L sleep 0.$((4 - MUSTER_RANK)); echo a; echo b")
    assert result.stdout == "".join(f"n{node}: {line}\n" for node in range(1, 5) for line in "ab")


def test_without_labels(clustershell):
    result = run(clustershell, "-N", "-c", "@1 echo x", "-c", "@1-2 -b echo y")
    assert result.stdout == "x\ny\n"


def test_a_value_of_python_is_folded_as_output_is(clustershell):
    result = run(clustershell, "-c", "py * -b 6*7")
    assert result.stdout.splitlines() == [RULE, "n[1-4] (4)", RULE, "42"]


def test_how_the_others_differ_from_what_most_say(clustershell):
    result = run(clustershell, "-c", "@ --diff echo a; [ $MUSTER_NODE = n2 ] || echo b; echo c")
    assert result.stdout.splitlines() == ["--- n[1,3-4] (3)", "+++ n2", "@@ -1,3 +1,2 @@", " a", "-b", " c"]
    result = run(clustershell, "-c", "@ --diff echo a")
    assert (result.stdout, without_time(result.stderr)) == ("", ["n[1-4] (4): no difference", "4 ok"])


def test_bytes_that_are_no_text_and_lines_without_an_end(clustershell):
    result = clustershell.run("--local", "2", "-c", r"@ -b printf 'a\377\000b'")
    assert result.stdout == f"{RULE}\nn[1-2] (2)\n{RULE}\na\udcff\0b\n"


def test_json_has_every_byte_and_one_outcome_for_each_node(clustershell):
    result = run(clustershell, "-o", "json", "-c", r"@1-2 printf 'ü\nrest'; printf '\377' >&2; exit 5")
    assert result.returncode == 1 and result.stderr == ""
    for node in ("n1", "n2"):
        mine = [event for event in events(result) if event["node"] == node]
        assert mine[-1]["type"] == "outcome"
        text = "".join(event["data"] for event in mine if event.get("stream") == "stdout")
        assert text == "ü\nrest"
        assert [event["data_base64"] for event in mine if event.get("stream") == "stderr"] == ["/w=="]
        ended = outcome_of(result, node)
        assert (ended["status"], ended["exit_code"], ended["signal"]) == ("failed", 5, None)
        assert (ended["bytes_out"], ended["bytes_err"]) == (7, 1)
        assert 0 < ended["duration_s"] < 60 and ended["message"] == "failed: exit code 5"


def test_json_of_python_of_signals_and_of_nodes_that_are_not_there(clustershell, tmp_path):
    result = run(clustershell, "-o", "json", "-c", "py 1 40+2", "-c", "py 2 1/0", "-c", "@3 kill -9 $$")
    assert outcome_of(result, "n1")["value"] == "42" and outcome_of(result, "n1")["exit_code"] == 0
    failed = outcome_of(result, "n2")
    assert failed["exit_code"] is None and "ZeroDivisionError" in failed["traceback"]
    assert outcome_of(result, "n3")["status"] == "signalled" and outcome_of(result, "n3")["signal"] == 9
    configuration = tmp_path / "cluster.conf"
    configuration.write_text(f"[cluster lab]\nnodes = gone=unix:{tmp_path}/gone.sock\n")
    result = clustershell.run("--config", str(configuration), "-o", "json", "-c", "@gone true")
    assert outcome_of(result, "gone")["status"] == "unreachable" and result.returncode == 4


def test_json_is_as_its_document_says(clustershell):
    document = pathlib.Path(__file__).resolve().parents[2] / "docs/output.md"
    text = document.read_text()
    table = [line.split("|") for line in text[text.index("| field"):].splitlines() if line.startswith("| `")]
    fields = {row[1].strip(" `"): row[2].strip() for row in table}
    result = run(clustershell, "-o", "json", "-c", r"@1 echo x; printf '\377'", "-c", "py 2 1/0", "-c", "py 3 2")
    seen = {name for event in events(result) for name in event}
    assert seen <= set(fields), seen - set(fields)
    always = {name for name, when in fields.items() if when == "outcome"}
    assert all(always <= set(event) for event in events(result) if event["type"] == "outcome")


def test_a_command_behind_the_flags_runs_on_the_nodes_they_name(clustershell):
    result = run(clustershell, "-w", "n[1-3],n4", "-x", "n3", "-L", "--", "echo", "hello  there;", "true")
    assert result.stdout == "".join(f"n{node}: hello there\n" for node in (1, 2, 4))
    result = run(clustershell, "-ab", "uname", "-s")
    assert result.stdout.splitlines()[1:] == ["n[1-4] (4)", RULE, "Linux"]


def test_nodes_of_files_of_groups_and_whichever(clustershell, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("n1 n2  # the first two\n\nn4\n")
    result = run(clustershell, "--hostfile", str(hosts), "-L", "echo", "x")
    assert result.stdout == "n1: x\nn2: x\nn4: x\n"
    result = run(clustershell, "--hostfile", str(tmp_path / "none"), "echo", "x")
    assert result.returncode == 2 and "No such file" in result.stderr
    assert len(run(clustershell, "-a", "--pick", "3", "echo", "x").stdout.splitlines()) == 3
    configuration = tmp_path / "cluster.conf"
    configuration.write_text(f"[cluster lab]\nnodes = n1=unix:{tmp_path}/1, n2=unix:{tmp_path}/2\n[groups]\nweb = n[1-2]\ndb = n2\n")
    result = clustershell.run("--config", str(configuration), "-g", "web", "-X", "db", "-o", "json", "true")
    assert [event["node"] for event in events(result)] == ["n1"], result.stderr


def test_the_largest_code_of_the_command(clustershell):
    for command, code in {"exit 7": 7, "exit $MUSTER_RANK": 3, "kill -9 $$": 137, "true": 0}.items():
        assert run(clustershell, "-a", "-S", command).returncode == code, command
    assert run(clustershell, "-a", "-S", "--timeout", "0.2", "--grace", "0", "sleep 9").returncode == 124
    assert run(clustershell, "-a", "exit 7").returncode == 1


def test_what_is_wrong_on_the_command_line_runs_nothing(clustershell):
    ran = clustershell.folder / "ran"
    for words, code, why in [
            (["-w", "n1"], 2, "there is no command"),
            (["touch", str(ran)], 2, "unexpected argument"),
            (["-w", "n9", "touch", str(ran)], 3, "'n9' names no node"),
            (["-w", "n1", "-x", "n1", "touch", str(ran)], 3, "every node is excluded"),
            (["-w", "n1", "-x", "n9", "touch", str(ran)], 3, "'n9' names no node"),
            (["-w", "n1", "-c", "check", "touch", str(ran)], 2, "does not go with -c"),
            (["-w", "n1", "-o", "yaml", "touch", str(ran)], 2, "neither json nor text"),
            (["-w", "n1", "--foldd", "touch", str(ran)], 2, "did you mean --fold?")]:
        result = run(clustershell, *words)
        assert (result.returncode, result.stdout) == (code, ""), words
        assert why in result.stderr, words
    assert not ran.exists()


def test_flags_in_a_line_that_are_wrong(clustershell):
    for line, why in {"@ -z echo": "unknown flag -z", "@ -o xml echo": "neither json nor text", "@ -o": "needs a value",
                      "@ --diff=1 echo": "takes no value"}.items():
        result = run(clustershell, "-c", line)
        assert result.returncode == 2 and why in result.stderr, line
    assert run(clustershell, "-c", "@1 -- -b; echo kept").stdout == "n1: kept\n"


def test_standard_input_is_not_read(clustershell):
    result = clustershell.run("--local", "1", "-w", "n1", "cat", text="not read\n")
    assert (result.returncode, result.stdout) == (0, "")
