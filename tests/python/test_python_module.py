"""The functions that programs for the cluster have always called."""

import contextlib
import io
import subprocess
import sys
import threading
import time

import pytest
from conftest import SLACK, ends, is_running

def test_the_check_is_true_when_all_servers_are_functional(api):
    assert api.clustercheck() is True


def test_the_check_is_false_when_one_is_not(cluster):
    cluster.daemons[1].kill()
    cluster.daemons[1].wait()
    result = cluster.run("import ClusterAPI\nprint(ClusterAPI.clustercheck())")
    assert result.stdout == b"False\n", result.stderr


def test_the_length_has_both_spellings(api):
    assert api.getClusterLength() == 3
    assert api.getClusterLenght() == 3


def test_a_value_arrives_as_its_str(api):
    assert api.execute(1, "'a' + 'b'") == "ab"
    assert api.execute("n2", "[1, 'x']") == "[1, 'x']"
    assert api.execute(server=3, command="None", highValue=0) == "None"
    assert api.execute(1, "x = 1") == ""
    assert api.execute(True, "1") == "1"


def test_text_survives_whatever_is_in_it(api):
    text = "h\u00e9\0\U0001f600\ud800\n"
    assert api.execute(1, f"{text!r}") == text
    assert api.execute(1, "'" + "\U0001f600" + "'") == "\U0001f600"


def test_a_result_of_20_megabytes_arrives_whole(api):
    assert api.execute(1, "'x' * 20_000_000") == "x" * 20_000_000
    assert str(api.execute(1, "'x' * 20_000_000", 1)) == "x" * 20_000_000


def test_a_high_value_comes_in_pieces_and_is_never_held_whole(cluster):
    result = cluster.run(
        "import ClusterAPI, resource\n"
        "ClusterAPI.execute(1, '1', 1)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "size = 0\n"
        "for piece in ClusterAPI.execute(1, \"'\u00e4\u20ac' * 40_000_000\", 1):\n"
        "    assert set(piece) <= set('\u00e4\u20ac')\n"
        "    size += len(piece)\n"
        "print(size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10)\n")
    assert (result.stdout, result.stderr) == (b"80000000 True\n", b"")


def test_a_high_value_of_an_iterator_comes_while_the_node_makes_it(api):
    begin = time.monotonic()
    pieces = api.execute(1, "import time\n"
                            "def slowly():\n    yield 1\n    time.sleep(2)\n    yield 'z\u00fc'\nslowly()", 1)
    first = next(iter(pieces))
    assert first == "1"
    assert time.monotonic() - begin < 1 * SLACK
    assert str(pieces) == "z\u00fc"
    assert str(pieces) == "z\u00fc"


def test_a_high_value_prints_nothing_and_fails_by_an_exception(api, capfd):
    assert str(api.execute(1, "print('said'); 5", 1)) == "5"
    assert str(api.execute(1, "x = 5", 1)) == ""
    out, err = capfd.readouterr()
    assert (out, err) == ("", "said\n")
    with pytest.raises(api.RemoteError, match="n1: failed: ZeroDivisionError") as caught:
        api.execute(1, "x = 1\nx / 0", 1)
    assert "x / 0" in caught.value.traceback
    with pytest.raises(api.Refused, match="servers are 1 to 3"):
        api.execute(9, "1", 1)


def test_a_high_value_that_nobody_wants_any_longer_stops_its_code(api, tmp_path):
    pieces = api.execute(1, "import os, time\n"
                            "def endless():\n"
                            "    yield os.getpid()\n"
                            "    time.sleep(1234)\n"
                            "endless()", 1)
    pid = int(next(iter(pieces)))
    assert is_running(pid)
    del pieces
    assert ends(pid)


def test_a_failure_raises_with_node_kind_reason_and_traceback(api):
    with pytest.raises(api.RemoteError) as caught:
        api.execute(2, "def f():\n    return 1/0\nf()")
    error = caught.value
    assert isinstance(error, RuntimeError)
    assert str(error) == "n2: failed: ZeroDivisionError: division by zero (line 2)"
    assert error.node == "n2"
    assert error.kind == "failed"
    assert error.reason == "ZeroDivisionError: division by zero (line 2)"
    assert "return 1/0" in error.traceback


def test_a_syntax_error_has_its_line_and_caret(api):
    with pytest.raises(api.RemoteError) as caught:
        api.execute(1, "x = 1\ny = = 2\n")
    assert "SyntaxError" in str(caught.value)
    assert "line 2" in str(caught.value)
    assert "^" in caught.value.traceback


def test_an_exit_is_no_value(api):
    with pytest.raises(api.RemoteError, match="n1: failed: exit code 3"):
        api.execute(1, "import sys; sys.exit(3)")
    with pytest.raises(api.RemoteError, match="n1: "):
        api.execute(1, "import os; os._exit(4)")
    with pytest.raises(api.RemoteError, match="n1: signalled: SIGSEGV"):
        api.execute(1, "import ctypes; ctypes.string_at(0)")
    assert api.execute(1, "1+1") == "2"


@pytest.mark.parametrize("server", [0, -1, 4, 2**40])
def test_a_server_that_does_not_exist_raises_with_the_ones_that_do(api, server):
    with pytest.raises(api.RemoteError, match=r"servers are 1 to 3 \(n\[1-3\]\)") as caught:
        api.execute(server, "1+1")
    assert caught.value.kind == "refused"
    assert caught.value.node == ""


def test_bad_arguments_raise(api):
    with pytest.raises(api.RemoteError, match=r"nodes are n\[1-3\]"):
        api.execute("n9", "1")
    with pytest.raises(api.RemoteError, match="the command is empty"):
        api.execute(1, "")
    with pytest.raises(api.RemoteError, match="3145728"):
        api.execute(1, "#" * (4 << 20))
    for server, command in [(1.5, "1"), (None, "1"), (1, 2), (1, b"1")]:
        for high_value in (0, 1):
            with pytest.raises(TypeError):
                api.execute(server, command, high_value)


def test_prints_appear_here_as_they_are_printed_there(cluster):
    process = cluster.start(
        "import ClusterAPI\n"
        "print('before')\n"
        "ClusterAPI.execute(1, \"import sys, time\\n"
        "print('out')\\nprint('err', file=sys.stderr)\\nsys.stdout.flush()\\n"
        "sys.stdout.buffer.write(b'\\\\xff\\\\n')\\nsys.stdout.flush()\\ntime.sleep(2)\")\n"
        "print('after')\n")
    begin = time.monotonic()
    assert process.stdout.readline() == b"before\n"
    assert process.stdout.readline() == b"out\n"
    assert time.monotonic() - begin < 2 * SLACK
    assert process.poll() is None
    out, err = process.communicate(timeout=60)
    assert (out, err) == (b"\xff\nafter\n", b"err\n")


def test_prints_follow_a_redirected_stdout(api):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        api.execute(1, "print('h\u00e9' * 50000)")
    assert text.getvalue() == "h\u00e9" * 50000 + "\n"


def test_an_exception_of_the_callers_stdout_is_raised(api):
    class Broken:
        def write(self, text):
            raise OSError("no room")

    with contextlib.redirect_stdout(Broken()):
        with pytest.raises(OSError, match="no room"):
            api.execute(1, "print('x', flush=True); import time; time.sleep(1234)")


def test_three_threads_wait_on_three_servers_at_once(api):
    for server in (1, 2, 3):
        api.execute(server, "0")
    results = {}

    def work(server):
        results[server] = api.execute(server, f"import time; time.sleep(1); {server} * 10")

    begin = time.monotonic()
    threads = [threading.Thread(target=work, args=(server,)) for server in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {1: "10", 2: "20", 3: "30"}
    assert time.monotonic() - begin < 1 + 0.5 * SLACK


def test_ctrl_c_raises_and_stops_the_command_on_the_node(cluster):
    process = cluster.start(
        "import ClusterAPI\n"
        "try:\n"
        "    ClusterAPI.execute(1, \"import os, time; print(os.getpid(), flush=True); "
        "time.sleep(1234)\")\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', ClusterAPI.execute(1, '1+1'))\n")
    pid = int(process.stdout.readline())
    begin = time.monotonic()
    process.send_signal(2)
    out, err = process.communicate(timeout=60)
    assert (out, err, process.returncode) == (b"interrupted 2\n", b"", 0)
    assert time.monotonic() - begin < 2 * SLACK
    assert ends(pid)


def test_a_node_that_dies_in_the_middle_raises_lost(cluster):
    process = cluster.start(
        "import ClusterAPI\n"
        "try:\n"
        "    ClusterAPI.execute(1, \"print('begun', flush=True); import time; time.sleep(1234)\")\n"
        "except ClusterAPI.RemoteError as error:\n"
        "    print(error.kind, error.node)\n")
    assert process.stdout.readline() == b"begun\n"
    cluster.daemons[0].kill()
    assert process.communicate(timeout=60)[0] == b"lost n1\n"


def test_a_node_that_is_down_raises_unreachable(cluster):
    cluster.daemons[2].kill()
    cluster.daemons[2].wait()
    result = cluster.run("import ClusterAPI\n"
                         "print(ClusterAPI.execute(1, '1'))\n"
                         "ClusterAPI.execute(3, '1')\n")
    assert result.stdout == b"1\n"
    assert b"ClusterAPI.NodeUnreachable: n3: unreachable: cannot reach n3 at unix:" in result.stderr
    assert result.returncode == 1


def test_a_configuration_problem_raises_with_its_text(cluster):
    cluster.configuration.write_text("[cluster test]\nnodez = x\n")
    result = cluster.run("import ClusterAPI\nClusterAPI.getClusterLength()\n")
    assert b"RuntimeError" in result.stderr
    assert b"cluster.conf:2: no key \"nodez\" is known" in result.stderr


def test_a_fork_is_told_that_it_cannot_use_the_cluster(cluster):
    result = cluster.run("import ClusterAPI, os\n"
                         "ClusterAPI.execute(1, '1')\n"
                         "if os.fork() == 0:\n"
                         "    try:\n"
                         "        ClusterAPI.execute(1, '1')\n"
                         "    except ClusterAPI.RemoteError as error:\n"
                         "        print(error.kind, 'fork' in error.reason, flush=True)\n"
                         "    os._exit(0)\n"
                         "os.wait()\n"
                         "print(ClusterAPI.execute(1, '2'))\n")
    assert (result.stdout, result.stderr) == (b"refused True\n2\n", b"")


def test_the_program_may_end_while_threads_wait(cluster):
    result = cluster.run("import ClusterAPI, threading, time\n"
                         "for i in (1, 2, 3):\n"
                         "    threading.Thread(target=ClusterAPI.execute, daemon=True,\n"
                         "                     args=(i, 'import time; time.sleep(1234)')).start()\n"
                         "time.sleep(0.5)\n")
    assert (result.stdout, result.stderr, result.returncode) == (b"", b"", 0)


def test_everything_has_its_documentation(api):
    assert "execute" in api.__doc__
    for name in ("clustercheck", "getClusterLength", "getClusterLenght", "execute", "RemoteError"):
        assert getattr(api, name).__doc__
    assert api.__version__ == "0.1.0"
