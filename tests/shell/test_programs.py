"""run: programs of a user and built-in ones, on this machine, with the current cluster."""

import os
import signal

import pytest

from conftest import LONG, SLACK, processes_with, wait_until


@pytest.fixture
def script(clustershell):
    def write(text, name="program.py"):
        (clustershell.folder / name).write_text(text)
        return name

    return write


def test_run_lists_the_programs(clustershell):
    result = clustershell.lines(1, "run")
    assert result.returncode == 0
    assert "wordcount [DIR]" in result.stdout and "FILE.py" in result.stdout


def test_a_python_program_gets_its_words_and_gives_its_exit_code(clustershell, script):
    script("import sys\nprint(sys.argv)\nprint('note', file=sys.stderr)\nsys.exit(7)\n")
    result = clustershell.lines(1, "run program.py 'two words' \"it's\" a\\ b")
    assert result.stdout == "['program.py', 'two words', \"it's\", 'a b']\n"
    assert result.stderr.splitlines() == ["note", "program.py: failed: exit code 7"]
    assert result.returncode == 7


def test_its_output_passes_through_as_it_is(clustershell, script):
    script("import os\nos.write(1, bytes(range(256)) * 1000 + b'no newline')\n")
    shell = clustershell.start("--local", "1", "-c", "run program.py")
    out, errors = shell.communicate(timeout=LONG)
    assert out == bytes(range(256)) * 1000 + b"no newline"
    assert (shell.returncode, errors) == (0, b"")


def test_it_runs_in_our_folder_and_finds_the_cluster(clustershell, script):
    script("import os\n"
           "path = os.environ['MUSTER_CONFIG']\n"
           "print(os.getcwd())\n"
           "print(oct(os.stat(path).st_mode & 0o777), oct(os.stat(os.path.dirname(path)).st_mode & 0o777))\n"
           "print(path)\n"
           "print(open(path).read())\n")
    result = clustershell.lines(2, "run program.py")
    assert result.returncode == 0
    folder, modes, path, *text = result.stdout.splitlines()
    assert folder == str(clustershell.folder)
    assert modes == "0o600 0o700"
    assert text[0] == "[cluster local]"
    assert text[1].startswith("nodes = n1=unix:/") and ", n2=unix:/" in text[1]
    assert not os.path.exists(os.path.dirname(path))


@pytest.mark.skipif(bool(os.environ.get("MUSTER_TEST_SANITIZER")),
                    reason="Debian's Python cannot load a sanitized module")
def test_the_first_program_of_python_cluster_runs_as_printed(clustershell, script):
    script("import ClusterAPI\n"
           "result1 = ClusterAPI.execute(1, \"1+1\", 0)\n"
           "result2 = ClusterAPI.execute(2, \"2+2\", 0)\n"
           "result3 = ClusterAPI.execute(3, \"3+3\", 0)\n"
           "print(result1 + result2 + result3)\n")
    result = clustershell.lines(3, "run program.py")
    assert (result.returncode, result.stdout, result.stderr) == (0, "246\n", "")


def test_a_program_that_crashes_is_told(clustershell, script):
    script("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    result = clustershell.lines(1, "run program.py", "@ echo on")
    assert result.returncode == 128 + signal.SIGSEGV
    assert result.stderr.startswith("program.py: signalled")
    assert result.stdout == "n1: on\n"


def test_a_missing_program_is_told(clustershell):
    (clustershell.folder / "folder.py").mkdir()
    for line, message in {
        "run missing.py": "cannot read the program missing.py: No such file or directory",
        "run folder.py": "cannot read the program folder.py: Is a directory",
        "run wordcuont": "there is no program 'wordcuont'; did you mean wordcount?",
    }.items():
        result = clustershell.lines(1, line)
        assert (result.returncode, result.stdout) == (2, "")
        assert message in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_is_stopped_with_the_shell(clustershell, script, number):
    script("import subprocess, time\n"
           "print('runs')\n"
           "subprocess.run(['setsid', 'sleep', '12345'])\n"
           "time.sleep(12345)\n")
    shell = clustershell.start("--local", "1", "-c", "run program.py", "-c", "@ echo never")
    assert shell.stdout.readline() == b"runs\n"
    wait_until(lambda: any("sleep 12345" in line for line in processes_with(clustershell.mark)),
               LONG, "its child runs")
    shell.send_signal(number)
    out, errors = shell.communicate(timeout=(5 + 1) * SLACK)
    assert (shell.returncode, out) == (128 + number, b"")
    assert b"stopping" in errors
    assert not any("sleep 12345" in line for line in processes_with(clustershell.mark))
