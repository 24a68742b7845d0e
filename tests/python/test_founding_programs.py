"""Programs written for python_cluster run as they are: those of its documentation, word for word."""

import decimal
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

FOUR_LINES = """\
import ClusterAPI
result1 = ClusterAPI.execute(1, "1+1", 0)
result2 = ClusterAPI.execute(2, "2+2", 0)
result3 = ClusterAPI.execute(3, "3+3", 0)
print(result1 + result2 + result3)
"""

# "This can be done by running a function in the thread and store the results in global variables."
THREADS = """\
import _thread, time
import ClusterAPI

results = {}

def work(server, command):
    global results
    results[server] = ClusterAPI.execute(server, command, 0)

if ClusterAPI.clustercheck():
    for server in range(1, ClusterAPI.getClusterLenght() + 1):
        _thread.start_new_thread(work, (server, "%d+%d" % (server, server)))
    while len(results) < ClusterAPI.getClusterLenght():
        time.sleep(0.01)
    print(results[1] + results[2] + results[3])
"""

# "Just write the following code OVER the else branch."
MORE = """\
import yourprogram

def more(inp):
    if inp == "egg":
        return True
    elif inp == "yourcommand":
        yourprogram.yourfunction()
        return True
    else:
        return False

print(more("yourcommand"), more("other"))
"""


def in_the_originals_folder(program):
    return program.replace("import ClusterAPI", "from modules.API import ClusterAPI")


@pytest.mark.parametrize("program", [FOUR_LINES, THREADS], ids=["four lines", "threads"])
def test_a_program_of_the_documentation_prints_246(cluster, program):
    result = cluster.run(program)
    assert (result.stdout, result.stderr, result.returncode) == (b"246\n", b"", 0)


@pytest.mark.parametrize("program", [FOUR_LINES, THREADS], ids=["four lines", "threads"])
@pytest.mark.parametrize("is_package", [True, False])
def test_it_does_in_the_originals_folder_too(cluster, program, is_package):
    api = cluster.folder / "modules" / "API"
    api.mkdir(parents=True)
    (api / "ClusterAPI.py").write_bytes((ROOT / "examples/modules/API/ClusterAPI.py").read_bytes())
    if is_package:  # as the original has it
        (api / "__init__.py").touch()
        (api.parent / "__init__.py").write_text('__all__ = ["API"]\n')
    result = cluster.run(in_the_originals_folder(program))
    assert (result.stdout, result.stderr, result.returncode) == (b"246\n", b"", 0)


def test_the_folder_that_is_installed_may_stand_in_the_path_instead(cluster):
    cluster.write("program.py", in_the_originals_folder(FOUR_LINES))
    path = os.pathsep.join([str(ROOT / "examples"), os.environ["PYTHONPATH"]])
    result = subprocess.run([sys.executable, "-B", cluster.folder / "program.py"], capture_output=True, check=False,
                            env=cluster.environment() | {"PYTHONPATH": path}, timeout=60)
    assert (result.stdout, result.stderr) == (b"246\n", b"")


def test_the_branch_of_the_documentation_calls_a_program(cluster):
    body = "".join(f"    {line}\n" for line in FOUR_LINES.splitlines()[1:])
    cluster.write("yourprogram.py", f"import ClusterAPI\n\ndef yourfunction():\n{body}")
    result = cluster.run(MORE)
    assert (result.stdout, result.stderr) == (b"246\nTrue False\n", b"")


HIGH_VALUE = """\
import ClusterAPI
result = ClusterAPI.execute(1, "10 ** 20000 // 9", 1)
print("[" + str(result) + "]")
ClusterAPI.execute(2, "(x for x in 'ab')", 1)
"""


def test_a_high_value_is_printed_where_that_was_asked_for(cluster):
    ones = b"1" * 20000
    result = subprocess.run([sys.executable, cluster.write("program.py", HIGH_VALUE)], capture_output=True, check=False,
                            env=cluster.environment() | {"MUSTER_LEGACY_PRINT": "yes"}, timeout=60)
    assert (result.stdout, result.stderr) == (ones + b"\n[ ]\nab\n", b"")
    result = cluster.run(HIGH_VALUE)
    assert (result.stdout, result.stderr) == (b"[" + ones + b"]\n", b"")


def test_the_test_program_computes_on_every_node_at_once(cluster):
    program = ROOT / "examples" / "clustertestprog.py"
    result = subprocess.run([sys.executable, program], env=cluster.environment(), capture_output=True, timeout=170,
                            check=False)
    with decimal.localcontext() as exact:  # whose text is made faster than an int's
        exact.prec = 600_000
        expected = "".join(f"Server {k}: {decimal.Decimal(99999) ** (99999 + k)}\n" for k in (1, 2, 3))
    assert result.stderr == b""
    assert result.stdout.decode() == "Calculating. Please wait.\n" + expected


@pytest.mark.parametrize("call", ["setCallmethod(1, 'c++')", "setCallmethodAll('c++')"])
def test_the_cplusplus_method_is_not_offered_and_says_so(cluster, call):
    result = cluster.run("import ClusterAPI\n"
                         "assert ClusterAPI.setCallmethod(1, 'python') and ClusterAPI.setCallmethodAll('python')\n"
                         f"ClusterAPI.{call}\n")
    assert b"NotImplementedError: the C++ call method is not offered: compile the program" in result.stderr
    assert result.returncode == 1
