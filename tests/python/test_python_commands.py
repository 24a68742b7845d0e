"""Commands, streams, sessions and files of the module's modern face."""

import os
import signal
import time

import pytest
from conftest import ends, is_running


def test_python_shell_argv_and_stream(api, nodes, capfd):
    assert [future.result() for future in nodes.python("import os\n(1, os.environ['MUSTER_RANK'])")] == \
        [(1, "0"), (1, "1"), (1, "2")]
    outcomes = [future.result() for future in nodes.shell("echo out; exit $MUSTER_RANK", targets="n1,n2")]
    assert [outcome.exit_code for outcome in outcomes] == [0, 1]
    assert [outcome.node for outcome in outcomes] == ["n1", "n2"]
    assert capfd.readouterr().out == "out\nout\n"
    assert nodes.argv(["test", "a b", "=", "a b"], targets=1)[0].result().ok
    events = list(nodes.stream("echo out; echo err >&2", targets="n3"))
    assert sorted((event.node, event.stream, event.data) for event in events) == \
        [("n3", "stderr", b"err\n"), ("n3", "stdout", b"out\n")]
    with pytest.raises(api.RemoteError, match="n1: failed: exit code 3"):
        list(nodes.stream("exit 3", targets=1))
    assert nodes.shell("cat; pwd", targets=1, input=b"in\n", directory="/")[0].result().ok
    assert capfd.readouterr().out == "in\n/\n"


def test_a_stream_that_is_left_stops_what_runs(nodes):
    for event in nodes.stream("echo $$; exec sleep 1234", targets=1):
        pid = int(event.data)
        assert is_running(pid)
        break
    assert ends(pid)


def test_a_session_keeps_its_namespace(api, nodes, capfd):
    with nodes.session(target="n2") as session:
        assert session.run("x = [1]") is None
        assert session.run("print('here'); x.append(2); x") == [1, 2]
        assert capfd.readouterr().out == "here\n"
        with pytest.raises(api.RemoteError, match="n2: failed: NameError"):
            session.run("y")
        assert nodes.session(session.name, target="n2").run("x") == [1, 2]
    with nodes.session(target="n2") as other:
        with pytest.raises(api.RemoteError, match="NameError"):
            other.run("x")
    with pytest.raises(ValueError, match=r"a session is on one node, and '\*' means n1, n2, n3"):
        nodes.session(target="*")
    with pytest.raises(RuntimeError, match="nodes|names no node"):
        nodes.session(target="n9")


def test_ctrl_c_in_a_session_keeps_it(cluster):
    process = cluster.start("import ClusterAPI\n"
                            "with ClusterAPI.connect() as cluster, cluster.session() as session:\n"
                            "    session.run('x = 5')\n"
                            "    print('begun', flush=True)\n"
                            "    try:\n"
                            "        session.run('import time; time.sleep(1234)')\n"
                            "    except KeyboardInterrupt:\n"
                            "        print(session.run('x'))\n")
    assert process.stdout.readline() == b"begun\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, err) == (b"5\n", b"")


def test_files_go_there_and_come_back(api, nodes, tmp_path):
    (tmp_path / "one").write_bytes(b"1" * 100_000)
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "gr\u00fcn").write_text("leaf")
    seen = []
    nodes.put([tmp_path / "one", str(tmp_path / "tree")], tmp_path / "there", targets="n1", progress=seen.append)
    assert (tmp_path / "there" / "tree" / "gr\u00fcn").read_text() == "leaf"
    assert seen[-1].files == 2 and seen[-1].bytes == 100_004
    (tmp_path / "back").mkdir()
    nodes.get(tmp_path / "there" / "one", tmp_path / "back", targets=["n1", "n2"])
    assert sorted(path.name for path in (tmp_path / "back").iterdir()) == ["one.n1", "one.n2"]
    with pytest.raises(api.Refused, match="there is no .*nowhere on this machine"):
        nodes.put(tmp_path / "nowhere", tmp_path / "there", targets=1)
    os.mkfifo(tmp_path / "tree" / "pipe")
    with pytest.raises(api.RemoteError, match="pipe") as caught:
        nodes.put(tmp_path / "tree", tmp_path / "second", targets=1)
    assert len(caught.value.problems) == 1 and (tmp_path / "second" / "gr\u00fcn").read_text() == "leaf"
    (tmp_path / "tree" / "pipe").unlink()
    strange = os.fsencode(tmp_path) + b"/\xff\xfe"
    with open(strange, "wb") as file:
        file.write(b"not UTF-8")
    nodes.put(strange, tmp_path / "third", targets=1)
    assert (tmp_path / "third").read_bytes() == b"not UTF-8"
    assert nodes.shell("pwd", targets=1, directory=os.fsencode(tmp_path))[0].result().ok
    with pytest.raises(TypeError, match="there is no option speed"):
        nodes.put(tmp_path / "one", tmp_path / "x", targets=1, speed=5)
