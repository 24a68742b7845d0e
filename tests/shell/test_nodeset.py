"""muster-nodeset, which answers as ClusterShell's nodeset does."""

import os
import random
import resource
import subprocess

import pytest
from ClusterShell.NodeSet import NodeSet, RESOLVER_NOGROUP

import node_expressions
from conftest import BIN, LONG, SLACK

# A sanitizer sees the same in fewer.
EXPRESSIONS = 1000 if os.environ.get("MUSTER_TEST_SANITIZER") else 10_000

PROGRAM = str(BIN / "muster-nodeset")


@pytest.fixture
def nodeset(clustershell):
    def run(*arguments, text=""):
        return clustershell.run(*arguments, text=text, program="muster-nodeset")
    return run


@pytest.fixture
def theirs(clustershell):
    def run(*arguments, text=""):
        return subprocess.run(
            ["/usr/bin/nodeset", *arguments], input=text, capture_output=True, timeout=LONG, encoding="utf-8",
            env=clustershell.environment, cwd=clustershell.folder, check=False)
    return run


def answer(result):
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def expressions():
    """10,000 of them, each with its set."""
    generator = random.Random(20)
    texts = [node_expressions.expression(generator) for _ in range(EXPRESSIONS)]
    return [(text, NodeSet(text, resolver=RESOLVER_NOGROUP)) for text in texts]


@pytest.mark.parametrize("flag, expected", [("-f", str), ("-e", " ".join), ("-c", lambda nodes: str(len(nodes)))])
def test_ten_thousand_expressions_mean_what_clustershell_says(nodeset, expressions, flag, expected):
    assert sum(len(nodes) == 0 for _, nodes in expressions) > 100
    answers = answer(nodeset(flag, "--each", text="".join(f"{text}\n" for text, _ in expressions)))
    answers = answers.split("\n")[:-1]
    assert len(answers) == len(expressions)
    wrong = [(text, expected(nodes), told) for (text, nodes), told in zip(expressions, answers)
             if expected(nodes) != told]
    assert not wrong, f"{len(wrong)}, the shortest: {min(wrong, key=lambda case: len(case[0]))}"


def test_what_is_folded_means_the_same_again(nodeset, expressions):
    texts = "".join(f"{text}\n" for text, _ in expressions[:2000])
    folded = answer(nodeset("-f", "--each", text=texts))
    assert answer(nodeset("-f", "--each", text=folded)) == folded
    assert answer(nodeset("-e", "--each", text=folded)) == answer(nodeset("-e", "--each", text=texts))


def test_three_hundred_command_lines_are_answered_as_by_nodeset(nodeset, theirs):
    generator = random.Random(21)
    for _ in range(EXPRESSIONS // 33):
        arguments, text = node_expressions.command_line(generator)
        ours, expected = nodeset(*arguments, text=text), theirs(*arguments, text=text)
        assert (ours.returncode, ours.stdout) == (expected.returncode, expected.stdout), (arguments, text)


@pytest.mark.parametrize("arguments, text", [
    (["-f", ""], ""),
    (["-c"], ""),
    (["-e", "n[1,01,001]"], ""),
    (["-f", "n[1,01,001]", "n[10,010,9]"], ""),
    (["-f", " n1 , n[ 2 - 3, 5 ] "], ""),
    (["-f", "n1\nn2\r\nn3"], ""),
    (["-f", "--", "n1", "n2"], ""),
    (["-f", "n1", "-x", "-"], "n1 n2\n"),
    (["-f", "n[1-3]", "-i", "-"], ""),  # no input is no operand
    (["-f", "n[1-3]", "-", "-"], "n7\n#n8\n\n n9 # n10\n"),
    (["-f", "-i", "n[2-9]", "-x", "n3"], "n[1-4]\n"),
    (["-fq", "-x", "n1", "n[1-3]"], ""),
    (["-c", "-O", "%03d nodes", "n[1-7]"], ""),
    (["-e", "-S", r"\101\t|", "n[1-2]"], ""),
    (["-e", "-O", "%.2s", "node[1-2]"], ""),
    (["-f", "-O", "é%s", "n[1-2]"], ""),
    (["-f", "n1000000000000000000000"], ""),
    (["-f", "[1-5]", "7"], ""),
    (["-R", "-f", "1-5,08", "-x", "3"], ""),
    (["-f", "--pick", "5", "n[1-2]"], ""),
    (["-f", "--split", "9", "n[1-3]"], ""),
    (["-f", "n[1-1000]r[1-100]!n7r7"], ""),
    (["-f", "n[1-2]x[0-4]5"], ""),
])
def test_what_is_easily_wrong_is_answered_as_by_nodeset(nodeset, theirs, arguments, text):
    assert answer(nodeset(*arguments, text=text)) == answer(theirs(*arguments, text=text))


@pytest.mark.parametrize("arguments, told", [
    (["-f", "n[1"], "node set 'n[1': this [ is not closed\n  n[1\n   ^\n"),
    (["-f", "n1]"], "this ] has no [ in front of it"),
    (["-f", "n[3-1]"], "the range 3-1 runs backwards\n  n[3-1]\n    ^\n"),
    (["-f", "n[1-3/0]"], "a step is 1 or more"),
    (["-f", "n[]"], "expected a number"),
    (["-f", "n[1-a]"], "expected a number"),
    (["-f", "n1,,n2"], "expected a node, a pattern like n[1-9] or a @group here\n  n1,,n2\n     ^\n"),
    (["-f", "n1,"], "expected a node"),
    (["-f", "!n1"], "expected a node"),
    (["-f", "n[1-9999999999]"], "more than 1000000 names"),
    (["-f", "-I", "3-1", "n1"], "the range 3-1 runs backwards"),
    (["-e", "-S", "\\", "n1"], "something has to follow a backslash"),
    (["-e", "-S", r"\x4", "n1"], "two hexadecimal digits"),
    (["-f", "-O", "x", "n1"], "there is no %s"),
    (["-f", "-O", "%s%s", "n1"], "one place for the name only"),
    (["-f", "-O", "%d", "n1"], "%d in a format is for -c only"),
    (["-f", "n1", "-x"], "-x needs a node set behind it"),
    (["-f", "--pick", "-1", "n1"], "a number from 0"),
    (["-R", "-f", "n1"], "expected a number"),
    ([], "say what to do"),
    (["-f", "-e", "n1"], "one can be given"),
    (["-f", "--splt", "n1"], "unknown option --splt; did you mean --split?"),
    (["-f", "--split", "x", "n1"], "--split"),
    (["-f", "--split", "2", "--contiguous", "n1"], "do not go together"),
    (["-f", "--autostep", "x", "n1"], "none of 4, 50% and auto"),
    (["-R", "-c", "-a"], "neither -a nor -l"),
])
def test_a_mistake_is_shown_and_ends_as_nodeset_does(nodeset, theirs, arguments, told):
    result = nodeset(*arguments)
    assert (result.stdout, result.returncode) == ("", theirs(*arguments).returncode)
    assert result.stderr.startswith("muster-nodeset: ") and told in result.stderr


@pytest.mark.parametrize("arguments, told", [
    (["-f", "é[1-2]"], "expected a letter"),
    (["-f", "n1 n2"], "a name has no blank"),
    (["-f", "n[-5]"], "expected a number"),
    (["-f", "n" * 65], "a name has at most 64"),
    (["-f", "n[1-1000001]"], "more than 1000000 names"),
    (["-f", "n1", "-c"], "-c stands in front of the first node set"),
    (["-f", "--each", "n1"], "from standard input only"),
])
def test_what_no_node_of_ours_can_be_called_is_refused(nodeset, arguments, told):
    result = nodeset(*arguments)
    assert result.returncode in (1, 2) and told in result.stderr and result.stdout == ""


@pytest.mark.parametrize("text, folded", [
    ("n1[8-12]", "n[18-19,110-112]"),  # theirs: n[18-112]
    ("n[01-100]", "n[01-99,100]"),     # the others they refuse
    ("n0[8-11]", "n[08-09,010-011]"),
    ("n[1-2][3-4]", "n[13-14,23-24]"),
    ("n[0-4/2]5", "n[05,25,45]"),
])
def test_brackets_are_text_side_by_side(nodeset, text, folded):
    assert answer(nodeset("-f", text)) == folded + "\n"


def test_the_last_line_of_input_needs_no_newline(nodeset):
    assert answer(nodeset("-f", text="n11 n12")) == "n[11-12]\n"  # theirs: n[1,11]
    assert answer(nodeset("-f", "--each", text="n11\n\nn1,n2")) == "n11\n\nn[1-2]\n"


@pytest.mark.parametrize("text", ["n1\0n2", "\x1b[2J", "n[1-\0]", "\udcff\udcfe", "é", "n\u202e1"])
def test_what_a_terminal_would_act_on_is_shown_as_text(nodeset, text):
    result = nodeset("-f", text=text + "\n")
    assert result.returncode == 1 and result.stdout == ""
    assert "expected a letter" in result.stderr or "expected a number" in result.stderr
    assert not set("\0\x1b\u202e") & set(result.stderr)


def test_answers_keep_step_with_lines_when_one_is_wrong(nodeset):
    result = nodeset("-f", "--each", text="n1,n2\nn[3-1]\n\nn3\n")
    assert (result.returncode, result.stdout) == (1, "n[1-2]\n\n\nn3\n")
    assert "line 2: node set 'n[3-1]'" in result.stderr


def test_some_are_picked_whichever(nodeset):
    everything = set(answer(nodeset("-e", "n[1-50]")).split())
    picked = [answer(nodeset("-e", "--pick", "5", "n[1-50]")).split() for _ in range(8)]
    assert all(len(set(names)) == 5 and set(names) <= everything for names in picked)
    assert len({tuple(names) for names in picked}) > 1
    assert answer(nodeset("-c", "--pick", "3", "-I", "0-9", "n[1-50]")) == "3\n"


@pytest.mark.parametrize("arguments, size, ends", [
    (["-f", "n[1-1000000]"], None, "n[1-1000000]\n"),
    (["-c", "n[1-1000000]"], None, "1000000\n"),
    (["-e", "n[1-1000000]"], 7888896, " n1000000\n"),
])
def test_a_million_names_take_two_seconds_at_most(arguments, size, ends):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, timeout=LONG, check=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert output.endswith(ends) and len(output) == (size or len(ends))
    # Others may run on this machine.
    took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    print(f"{arguments}: {took:.2f} s")
    assert took < 2 * SLACK


@pytest.fixture
def groups(clustershell):
    """A configuration with groups, none of whose nodes runs."""
    nodes = ", ".join(f"{name}=unix:/nowhere/{name}" for name in ("web1", "web2", "web3", "db1"))
    path = clustershell.folder / "cluster.conf"
    path.write_text(f"[cluster lab]\nnodes = {nodes}\n[groups]\nfront = web*\nrest = *!@front\n"
                    "nobody =\n", encoding="utf-8")
    path.chmod(0o600)


def test_groups_and_globs_are_those_of_the_configuration(groups, nodeset):
    assert answer(nodeset("-f", "@front")) == "web[1-3]\n"
    assert answer(nodeset("-f", "@front!web2,x1")) == "web[1,3],x1\n"
    assert answer(nodeset("-f", "web[1-9]&@front")) == "web[1-3]\n"
    assert answer(nodeset("-f", "web?", "-x", "@rest")) == "web[1-3]\n"
    assert answer(nodeset("-f", "-a", "-x", "@front")) == "db1\n"
    assert answer(nodeset("-c", "@nobody")) == "0\n"
    assert answer(nodeset("-f", "@front!@nobody")) == "web[1-3]\n"
    assert answer(nodeset("-l")) == "@front\n@nobody\n@rest\n"
    assert answer(nodeset("-ll")) == "@front web[1-3]\n@nobody \n@rest db1\n"
    assert answer(nodeset("-lll", "web1,db1")) == "@front web1 1/3\n@rest db1 1/1\n"


def test_a_group_that_is_not_there_is_named(groups, nodeset):
    result = nodeset("-f", "n1,@frnt")
    assert result.returncode == 1 and result.stdout == ""
    assert "no group @frnt is known; did you mean front?" in result.stderr


def test_the_configuration_is_read_only_when_a_group_is_asked_for(clustershell, nodeset):
    path = clustershell.folder / "cluster.conf"
    path.write_text("no configuration at all\n", encoding="utf-8")
    path.chmod(0o600)
    assert answer(nodeset("-f", "n1,n2")) == "n[1-2]\n"
    result = nodeset("-f", "@front")
    assert result.returncode == 1 and "cluster.conf" in result.stderr


def test_output_that_nobody_takes_is_told():
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run([PROGRAM, "-f", "n1"], stdout=full, stderr=subprocess.PIPE, timeout=LONG,
                                check=False, text=True)
    assert result.returncode == 1 and "cannot write to standard output" in result.stderr


def test_help_shows_examples_that_work(nodeset):
    text = answer(nodeset("--help"))
    for line in text.splitlines():
        example, _, shown = line.strip().partition("             ")
        if example.startswith("muster-nodeset -f n1 "):
            assert answer(nodeset(*example.split()[1:])) == shown.strip() + "\n"
            return
    raise AssertionError("no example")
