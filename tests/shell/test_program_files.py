"""Programs of a user's own, from every door: they run by their names, and a broken one hides no other."""

import os
import pathlib
import signal
import subprocess
import time

import pytest

from conftest import BIN, LONG, SLACK, processes_with, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(bool(os.environ.get("MUSTER_TEST_SANITIZER")),
                                reason="Debian's Python cannot load a sanitized module")

DECORATED = '''\
import ClusterAPI

@ClusterAPI.program
def greet(cluster, whom="world"):
    """greet [WHOM] - say hello on every node

    greet you
    """
    for node, text in cluster.run(lambda: f"hello {whom}").items():
        print(node, text)

@ClusterAPI.program(name="count-nodes")
def count(cluster):
    return len(cluster)
'''
LISTED = '''\
commands = ["tell", "fail"]

def tell(cmdline, cluster, logger):
    """
    tell TEXT - what the line holds

    more of it
    """
    logger.info("note")
    logger.debug("detail")
    print(repr(cmdline), [node.name for node in cluster.running_nodes_from_target("n1")])

def fail(cmdline, cluster, logger):
    raise ValueError("no good")
'''
COM = '''\
from modules.API import ClusterAPI

def add():
    """adds up"""
    print(ClusterAPI.execute(1, "1+1", 0) + ClusterAPI.execute(2, "2+2", 0))

def com():
    return [["add", "sums.add()"], ["addtwice", "[sums.add() for _ in range(2)]"]]
'''
MORE = '''\
import os

def more(inp):
    if inp == "yourcommand":
        print("more took", inp)
        return True
    elif inp in ("third", "fourth word"):
        return False
    else:
        return False
'''


@pytest.fixture
def programs(clustershell):
    """Writes files into the folder of programs."""
    folder = clustershell.folder / ".local/share/muster/programs"
    folder.mkdir(parents=True)
    clustershell.environment["PYTHONPATH"] = str(BIN.parent / "python")

    def write(name, text, mode=0o644):
        (folder / name).write_text(text)
        (folder / name).chmod(mode)
        return folder / name

    return write


def ran(result):
    return result.returncode, result.stdout, result.stderr


def test_a_function_with_our_decorator_is_a_command(clustershell, programs):
    programs("greetings.py", DECORATED)
    assert ran(clustershell.lines(2, "greet 'all of you'")) == (0, "n1 hello all of you\nn2 hello all of you\n", "")
    assert ran(clustershell.lines(2, "run greet")) == (0, "n1 hello world\nn2 hello world\n", "")
    assert clustershell.lines(2, "count-nodes").returncode == 2
    result = clustershell.lines(1, "greet a b")
    assert result.returncode == 2 and "too many positional arguments; usage: greet [WHOM]" in result.stderr


def test_a_command_of_dustclusters_kind_gets_line_cluster_and_logger(clustershell, programs):
    programs("tools.py", LISTED)
    result = clustershell.lines(2, "tell  'two  words'  x")
    assert ran(result) == (0, "\"'two  words'  x\" ['n1']\n", "note\n")
    result = clustershell.lines(1, "debug on", "tell")
    assert (result.returncode, result.stdout) == (0, "'' ['n1']\n") and "detail" in result.stderr


def test_dustclusters_own_folder_counts_too(clustershell, programs):
    folder = clustershell.folder / ".dustcluster" / "plugins"
    folder.mkdir(parents=True)
    (folder / "tools.py").write_text(LISTED)
    assert clustershell.lines(1, "tell x").returncode == 0


def test_com_and_more_of_python_cluster_work_without_other_files(clustershell, programs):
    programs("sums.py", COM)
    programs("older.py", MORE)
    assert ran(clustershell.lines(2, "add", "addtwice")) == (0, "24\n24\n24\n", "")
    assert ran(clustershell.lines(1, "yourcommand")) == (0, "more took yourcommand\n", "")
    result = clustershell.lines(1, "third")
    assert result.returncode == 2 and "did not take 'third'" in result.stderr


def test_scripts_and_anything_executable_run_by_their_names(clustershell, programs):
    programs("plain.py", '"""What it does."""\nimport sys\nprint(sys.argv[1:])\n')
    programs("backup.sh", "#!/bin/sh\n# backup TARGET - save it\necho \"$1\"; exec \"$MUSTER_SHELL\" -c '@ echo in'\n", 0o755)
    programs("notes.txt", "not a program\n")
    assert ran(clustershell.lines(1, "plain a 'b c'")) == (0, "['a', 'b c']\n", "")
    assert ran(clustershell.lines(2, "backup x"))[1].splitlines()[0] == "x"
    assert sorted(clustershell.lines(2, "backup x").stdout.splitlines()) == ["n1: in", "n2: in", "x"]
    result = clustershell.lines(1, "run")
    assert "backup TARGET  " in result.stdout and "save it" in result.stdout and "What it does" in result.stdout
    assert "notes" not in result.stdout


def test_a_file_with_commands_runs_by_its_path_and_a_script_only_once(clustershell):
    (clustershell.folder / "tools.py").write_text(LISTED)
    (clustershell.folder / "tell.py").write_text(LISTED)
    (clustershell.folder / "greet.py").write_text(DECORATED.partition("@ClusterAPI.program(name")[0])
    # These only look like it.
    (clustershell.folder / "plain.py").write_text("commands = ['x']\nprint('ran', __name__)\n")
    (clustershell.folder / "main.py").write_text(
        DECORATED + "if __name__ == '__main__':\n    import sys\n    print(sys.argv)\n")
    result = clustershell.lines(1, "run tools.py x")
    assert result.returncode == 1 and "has several commands: " in result.stderr
    assert ran(clustershell.lines(1, "run tell.py  'a  b'")) == (0, "\"'a  b'\" ['n1']\n", "note\n")
    assert ran(clustershell.lines(1, "run greet.py you")) == (0, "n1 hello you\n", "")
    assert ran(clustershell.lines(1, "run plain.py")) == (0, "ran plain\n", "")
    assert ran(clustershell.lines(1, "run main.py a")) == (0, "['main.py', 'a']\n", "")


def test_a_file_that_is_no_file_of_commands_is_not_run_to_find_out(clustershell, programs):
    mark = clustershell.folder / "mark"
    programs("careless.py", f"commands = ['rm', 'ls']\nopen({str(mark)!r}, 'w').close()\n")
    programs("script.py", f"open({str(mark)!r}, 'w').close()\n")
    result = clustershell.lines(1, "run")
    assert "careless.py:1: commands names 'rm', but the file has no such function" in result.stderr
    assert "\nscript" in result.stdout and not mark.exists()


def test_names_and_messages_of_any_kind_arrive(clustershell, programs):
    programs("grüße.py", "commands = ['grüße']\n\ndef grüße(l, c, g):\n    'grüße - 日本 \\udc80'\n    print(l)\n")
    os.rename(programs("x.py", "def broken(:\n"), os.fsencode(programs("y.py", "")) + b"\xff.py")
    result = clustershell.lines(1, "grüße 日本", "help grüße")
    assert result.stdout.startswith("日本\ngrüße\n日本 ?\n")
    assert result.returncode == 0 and "SyntaxError" in result.stderr and len(result.stderr.splitlines()) == 1


def test_a_shared_object_gives_programs_and_may_crash(clustershell, programs):
    source = (ROOT / "examples/hello.cc").read_text(encoding="utf-8").replace(
        "MUSTER_PROGRAMS({", 'int Crash(muster::ClusterAPI&, const std::vector<std::string>&, std::ostream&, '
        'std::ostream&) {\n  __builtin_trap();\n}\nMUSTER_PROGRAMS({"crash", "crash", "crash", &Crash}, {')
    (clustershell.folder / "hello.cc").write_text(source)
    target = programs("hello.so", "")
    subprocess.run(["g++", "-std=c++20", "-O0", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC",
                    f"-I{ROOT}/client", clustershell.folder / "hello.cc", "-o", target, f"-L{BIN.parent}/lib",
                    "-lClusterAPI"], check=True, timeout=LONG)
    assert ran(clustershell.lines(1, "hello you")) == (0, "n1: hello you\n", "")
    result = clustershell.lines(1, "crash", "hello")
    assert result.stderr.startswith("crash: signalled") and result.stdout == "n1: hello world\n"
    assert ran(clustershell.lines(1, f"run {target} hello me")) == (0, "n1: hello me\n", "")
    assert clustershell.lines(1, f"run {target}").stdout == "n1: hello world\n"  # as the file is called


def test_a_broken_file_is_one_line_and_hides_nothing(clustershell, programs):
    programs("a_syntax.py", "x = 1\ndef broken(:\n")
    programs("b_import.py", "commands = ['z']\nimport not_there\n\ndef z(a, b, c):\n    pass\n")
    programs("c_raise.py", "def com():\n    return [['c', 'c_raise.x()']]\n\n1 / 0\n")
    programs("d_names.py", "commands = ['good', 'missing']\n\ndef good(cmdline, cluster, logger):\n    print('good')\n")
    programs("e_exit.py", "import os\n\ndef com():\n    return []\n\nos._exit(3)\n")
    programs("f_object.so", "no object")
    programs("g_null.py", "commands = []\n\0\n")
    programs("z_tools.py", LISTED)
    result = clustershell.lines(1, "tell x", "good")
    assert (result.returncode, result.stdout) == (0, "'x' ['n1']\ngood\n")
    lines = result.stderr.splitlines()
    assert len(lines) == 8, lines
    assert "a_syntax.py:2: SyntaxError" in lines[0]
    assert lines[1].endswith("b_import.py:2: ModuleNotFoundError: No module named 'not_there'")
    assert lines[2].endswith("c_raise.py:4: ZeroDivisionError: division by zero")
    assert lines[3].endswith("d_names.py:1: commands names 'missing', but the file has no such function")
    assert lines[4].endswith("e_exit.py: what read it exited with code 3")
    assert "f_object.so: " in lines[5] and "too short" in lines[5]
    assert "g_null.py:1: " in lines[6]
    assert lines[7] == "note"


def test_a_name_that_is_taken_is_told_and_still_reached(clustershell, programs):
    programs("a.py", "commands = ['show', 'twice']\n\ndef show(l, c, g):\n    print('mine')\n\ntwice = show\n")
    programs("b.py", "commands = ['twice']\n\ndef twice(l, c, g):\n    print('other')\n")
    result = clustershell.lines(1, "run show", "twice")
    assert (result.returncode, result.stdout) == (0, "mine\nmine\n")
    assert "a.py:3: show is a command of the prompt; this one is `run show`" in result.stderr
    assert "b.py:3: twice is a program already" in result.stderr
    assert len(result.stderr.splitlines()) == 2


def test_a_file_that_others_may_write_is_not_run(clustershell, programs):
    programs("tools.py", LISTED, 0o666)
    result = clustershell.lines(1, "tell x")
    assert result.returncode == 2 and "tools.py: " in result.stderr and "chmod" in result.stderr


def test_a_program_that_fails_is_one_line_or_a_traceback(clustershell, programs):
    programs("tools.py", LISTED)
    result = clustershell.lines(1, "fail")
    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == "fail: ValueError: no good (tools.py, line 14); 'debug on' shows the traceback"
    result = clustershell.lines(1, "debug on", "fail")
    assert "Traceback" in result.stderr and 'raise ValueError("no good")' in result.stderr
    assert "_program_host" not in result.stderr


def test_ctrl_c_stops_a_program_and_the_prompt_comes_back(clustershell, programs):
    programs("slow.py", "import subprocess\n\ncommands = ['slow']\n\ndef slow(cmdline, cluster, logger):\n"
             "    print('runs', flush=True)\n    subprocess.run(['setsid', 'sleep', '12345'])\n")
    child = clustershell.prompt(1)
    child.sendline("slow")
    child.expect_exact("runs\r\n")
    child.sendintr()
    child.expect_exact("stopping")
    child.expect_exact("muster> ")
    wait_until(lambda: not any("12345" in line for line in processes_with(clustershell.mark)), 5 * SLACK, "it is gone")
    child.sendline("@ echo on")
    child.expect_exact("n1: on\r\n")
    child.sendline("exit")


def test_a_new_and_a_changed_file_are_seen_without_a_restart(clustershell, programs):
    child = clustershell.prompt(1)
    child.sendline("tell x")
    child.expect_exact("unknown command 'tell'")
    child.expect_exact("muster> ")
    programs("tools.py", LISTED)
    child.sendline("tell x")
    child.expect_exact("'x' ['n1']")
    child.expect_exact("muster> ")
    programs("tools.py", LISTED.replace("print(repr", "print('anew', repr"))
    child.sendline("tell x")
    child.expect_exact("anew 'x'")
    child.expect_exact("muster> ")
    programs("tools.py", "commands = [\n")
    child.sendline("tell x")
    child.expect_exact("tools.py:1: SyntaxError")
    child.expect_exact("unknown command 'tell'")
    child.expect_exact("muster> ")
    child.sendline("tell y")
    child.expect_exact("unknown command 'tell'")
    assert "SyntaxError" not in child.before  # told once
    child.sendline("exit")


def test_programs_stand_in_help_and_complete(clustershell, programs):
    programs("tools.py", LISTED)
    result = clustershell.lines(1, "help")
    assert "tell TEXT" in result.stdout and "what the line holds" in result.stdout
    result = clustershell.lines(1, "help tell")
    assert result.stdout.startswith("tell TEXT\nwhat the line holds\n\nmore of it\n\nfrom ")
    assert result.stdout.endswith("tools.py:3\n")
    assert "did you mean tell?" in clustershell.lines(1, "tel x").stderr
    child = clustershell.prompt(1)
    child.send("tel\tx\r")
    child.expect_exact("'x' ['n1']")
    child.sendline("exit")


def test_listmodules_and_load_know_the_files(clustershell, programs):
    programs("tools.py", LISTED)
    programs("bad.py", "def broken(:\n")
    (clustershell.folder / "own.py").write_text("commands = ['own']\n\ndef own(l, c, g):\n    print('own')\n")
    result = clustershell.lines(1, "listmodules")
    assert [line.split()[1:3] for line in result.stdout.splitlines()[1:]] == [["-", "line"], ["tell,fail", "ok"]]
    result = clustershell.lines(1, "load own.py", "own")
    assert result.stdout == "own\n" and "Loaded 2 modules, 1 with problems" in result.stderr
    assert clustershell.lines(1, "load nothing").returncode == 2


def test_a_folder_of_the_configuration_counts(clustershell):
    folder = clustershell.folder / "tools"
    folder.mkdir()
    (folder / "hi").write_text("#!/bin/sh\necho hi\n")
    (folder / "hi").chmod(0o755)
    (clustershell.folder / "cluster.conf").write_text("[shell]\nprograms = ~/tools\n")
    assert ran(clustershell.lines(1, "hi")) == (0, "hi\n", "")
    (clustershell.folder / "cluster.conf").write_text("[shell]\nprograms = ~/none\n")
    assert "none are left out: " in clustershell.lines(1, "run").stderr
    for text, message in {"programs = tools": '"tools" is no folder', "fallthrough = maybe": "neither yes nor no",
                          "program = x": 'no key "program" is known in [shell]; valid here: fallthrough, programs'}.items():
        (clustershell.folder / "cluster.conf").write_text(f"[shell]\n{text}\n[cluster a]\nnodes = n1=unix:/none\n")
        result = clustershell.run("-c", "run")
        assert result.returncode == 2 and "cluster.conf:2: " in result.stderr and message in result.stderr


def test_a_file_that_never_ends_keeps_nobody_waiting(clustershell, programs):
    programs("a_hangs.py", "import time\n\ndef com():\n    time.sleep(12345)\n")
    programs("tools.py", LISTED)
    begun = time.monotonic()
    result = clustershell.lines(1, "tell x")
    assert result.stdout == "'x' ['n1']\n" and "a_hangs.py: it takes more than 5 s to be read" in result.stderr
    assert time.monotonic() - begun < (5 + 5) * SLACK


def test_the_example_programs_work_on_all_clusters(clustershell, programs):
    for name in ("allnodes.py", "runset.py"):
        programs(name, (ROOT / "examples/programs" / name).read_text(encoding="utf-8"))
    daemons = []
    try:
        for name in ("a1", "b1", "b2"):
            daemon = clustershell.start("--name", name, "--listen", f"unix:{clustershell.folder}/{name}",
                                        program="clusterd")
            daemons.append(daemon)
            assert b"listening" in daemon.stdout.readline()
        (clustershell.folder / "cluster.conf").write_text(
            f"[cluster a]\nnodes = a1=unix:{clustershell.folder}/a1\n"
            f"[cluster b]\nnodes = b1=unix:{clustershell.folder}/b1, b2=unix:{clustershell.folder}/b2\n")
        result = clustershell.run("--cluster", "a", "-c", "allnodes")
        assert [line.split()[:4] for line in result.stdout.splitlines()] == [
            ["@", "name", "cluster", "state"], ["1", "a1", "a", "running"], ["1", "b1", "b", "running"],
            ["2", "b2", "b", "running"]]
        assert result.stderr == "3 nodes in 2 clusters, 3 running\n"
        result = clustershell.run("--cluster", "a", "-c", "runset b 'echo $MUSTER_NODE' false 'echo never'")
        assert result.returncode == 1
        assert sorted(result.stdout.splitlines()) == ["[b1] b1", "[b2] b2"]
        assert "runset: [false] failed on b1, b2; nothing further was run" in result.stderr
    finally:
        for daemon in daemons:
            daemon.send_signal(signal.SIGTERM)
        for daemon in daemons:
            daemon.communicate(timeout=LONG)


@pytest.mark.parametrize("value, code, said", [
    ("None", 0, ""), ("7", 7, ""), ("True", 0, ""), ("False", 1, ""), ("256", 1, "256, which is no exit code"),
    ("-256", 1, "-256, which is no exit code"), ("1.5", 1, "a float"), ("'all went wrong'", 1, "all went wrong")])
def test_nothing_that_says_failed_becomes_zero(clustershell, programs, value, code, said):
    programs("give.py", f"import ClusterAPI\n\n@ClusterAPI.program\ndef give(cluster, *words):\n    return {value}\n")
    result = clustershell.lines(1, "give")
    assert result.returncode == code and said in result.stderr
