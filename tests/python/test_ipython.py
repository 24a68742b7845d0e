"""%%cluster and %cluster in a real IPython: in a shell without a terminal, and at one."""

import subprocess
import sys
import time

import pexpect
import pytest
from conftest import SLACK, ends

# Runs cells, and shows after each what it left: the program's arguments are none, the cells are a list.
DRIVER = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
for cell in {cells!r}:
    result = shell.run_cell(cell, store_history=True)
    if result.error_in_exec is not None:
        print("raised", type(result.error_in_exec).__name__, flush=True)
"""
LOAD = "%load_ext ClusterAPI"


@pytest.fixture(name="cells")
def fixture_cells(cluster, tmp_path):
    """Runs cells; their output as lines."""
    def run(*cells):
        program = cluster.write("driver.py", DRIVER.format(cells=[LOAD, *cells]))
        done = subprocess.run([sys.executable, "-B", program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60 * SLACK, check=False,
                              env=cluster.environment() | {"IPYTHONDIR": str(tmp_path), "NO_COLOR": "1"})
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()
    return run


def test_a_cell_runs_on_all_nodes_and_its_values_are_a_table(cells):
    assert cells("%%cluster\nimport os\nos.environ['MUSTER_RANK']") == \
        ["Out[2]: ", "n1  '0'", "n2  '1'", "n3  '2'"]
    assert cells("%cluster 6 * 7", "_['n2'] + 1", "%cluster x = 5") == \
        ["Out[2]: ", "n1  42", "n2  42", "n3  42", "Out[3]: 43"]


def test_output_has_its_node_in_front_when_there_are_several(cells):
    said = cells("%%cluster n[1-2]\nprint('one')\nprint('two', end='')")
    assert sorted(said) == ["n1: one", "n1: two", "n2: one", "n2: two"]
    assert said.index("n1: one") < said.index("n1: two")
    assert cells("%%cluster -t n2\nprint('alone')") == ["alone"]


def test_options_come_before_the_code_of_a_line(cells):
    assert cells("%cluster -t n3 -1") == ["Out[2]: n3  -1"]
    assert cells("x = 5", "%cluster -t n1 --shell echo $MUSTER_NODE {x} --shell") == ["n1 {x} --shell"]
    assert cells("%%cluster 1 --shell\necho a\necho b >&2") == ["a", "b"]


def test_values_go_to_a_name(cells):
    assert cells("%%cluster n[1-2] -o got\nprint('said')\nlen('four')", "dict(got)", "%cluster -s -o codes true",
                 "dict(codes)")[-2:] == ["Out[3]: {'n1': 4, 'n2': 4}", "Out[5]: {'n1': 0, 'n2': 0, 'n3': 0}"]


def test_a_session_keeps_names_and_ends_with_the_extension(cells):
    assert cells("%cluster -k name = 'kept'", "%cluster -t 1 name", "%cluster -t 1 -k name")[-2:] == \
        ["raised CellFailed", "Out[4]: n1  'kept'"]
    said = cells("%cluster -k name = 'kept'", "%unload_ext ClusterAPI", LOAD, "%cluster -t 1 -k name")
    assert said[-1] == "raised CellFailed" and any("NameError" in line for line in said)


def test_a_failure_is_told_with_the_remote_traceback_once_for_nodes_alike(cells):
    said = cells("%%cluster -o got\nimport os\ndef f(x):\n    return 1 / x\nf(int(os.environ['MUSTER_RANK']) // 2)",
                 "dict(got)")
    assert said[0] == "n[1-2]:"
    assert '  File "<command>", line 3, in f' in said and "    return 1 / x" in said
    assert said.count("ZeroDivisionError: division by zero") == 1
    assert "CellFailed: n1: failed: ZeroDivisionError: division by zero (line 3); and on n2" in said
    assert said[-2:] == ["raised CellFailed", "Out[3]: {'n3': 1.0}"]
    said = cells("%cluster -t 2 --shell exit 3")
    assert said == ["n2:", "failed: exit code 3", "", "CellFailed: n2: failed: exit code 3", "raised CellFailed"]


@pytest.mark.parametrize("cell, complaint", [
    ("%cluster -t n9 1", "names no node"),
    ("%%cluster --sell\n1", "UsageError: unrecognized arguments: --sell"),
    ("%%cluster n1 -t n2\n1", "UsageError: the targets are there twice"),
    ("%%cluster -k -s\n1", "UsageError: --session keeps names of Python"),
    ("%%cluster --on nothing\n1", "UsageError: nothing is no cluster"),
    ("%%cluster -d 0.2\nimport time; time.sleep(99)", "timed_out"),
])
def test_what_is_wrong_is_told(cells, cell, complaint):
    assert complaint in "\n".join(cells(cell))


def test_a_cluster_of_the_notebook_may_be_named(cells):
    assert cells("import ClusterAPI", "two = ClusterAPI.local(2).on('n2', environment={'A': 'b'})",
                 "%cluster --on two --shell echo $MUSTER_NODE $A") == ["n2 b"]


def test_help_is_there(cells):
    assert any("{node: value} goes there" in line for line in cells("%cluster"))
    assert any("%%cluster n[1-2] -o hosts" in line for line in cells("%cluster?"))


@pytest.fixture(name="terminal")
def fixture_terminal(cluster, tmp_path):
    child = pexpect.spawn(sys.executable, ["-B", "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor",
                                           "--no-confirm-exit"],
                          env=cluster.environment() | {"IPYTHONDIR": str(tmp_path), "TERM": "dumb"},
                          encoding="utf-8", timeout=30 * SLACK, dimensions=(40, 120))
    child.expect(r"In \[1\]: ")
    child.sendline(LOAD)
    child.expect(r"In \[2\]: ")
    yield child
    child.close(force=True)


def test_ctrl_c_at_a_terminal_stops_the_cell_on_all_nodes(terminal):
    terminal.sendline("%cluster import os, time; print('pid', os.getpid(), flush=True); time.sleep(1234)")
    pids = []
    for _ in range(3):
        terminal.expect(r"n\d: pid (\d+)\r\n")
        pids.append(int(terminal.match.group(1)))
    begin = time.monotonic()
    terminal.sendintr()
    terminal.expect("KeyboardInterrupt")
    terminal.expect(r"In \[3\]: ")
    assert time.monotonic() - begin < 6 * SLACK
    terminal.sendline("%cluster -t 1 'still ' + 'here'")
    terminal.expect("'still here'")
    assert len(set(pids)) == 3


def test_what_would_act_on_the_terminal_is_shown_as_text(terminal):
    terminal.sendline(r"%cluster -t 1 print('\x1b[2J' + 'a\tb\u202e')")
    terminal.expect(r"In \[3\]: ")
    assert "\\x1b[2Ja" in terminal.before and "\\u202e" in terminal.before
    assert "\x1b[2J" not in terminal.before


def test_ctrl_c_leaves_a_session_as_it_was(terminal):
    terminal.sendline("%cluster -t 1 -k import os, time; kept = os.getpid(); kept")
    terminal.expect(r"n1  (\d+)\r\n")
    pid = int(terminal.match.group(1))
    terminal.expect(r"In \[3\]: ")
    terminal.sendline("%cluster -t 1 -k print('begun', flush=True); time.sleep(1234)")
    terminal.expect("begun\r\n")
    terminal.sendintr()
    terminal.expect("KeyboardInterrupt")
    terminal.expect(r"In \[4\]: ")
    terminal.sendline("%cluster -t 1 -k kept == os.getpid()")
    terminal.expect("n1  True")
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    assert ends(pid)  # the session ended with IPython
