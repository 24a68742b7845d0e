"""Plugins that do what nobody should: each harms itself alone, and is told."""

import builtins
import os
import signal
import subprocess
import threading

import ClusterAPI
import pytest
from conftest import eventually
from plugin_runs import Run, fixture_lab, fixture_run  # noqa: F401

HEAD = """\
from starcluster.clustersetup import ClusterSetup
from starcluster.logger import log
import os, shlex, sys, threading
"""


def plugin(run, body, more="", **settings):
    """One plugin whose run() is `body`, and another after it, which says that it runs."""
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    run.write("harm.py", f"{HEAD}{more}\nclass Harm(ClusterSetup):\n    def __init__(self, **settings):\n"
              f"        self.settings = settings\n    def run(self, nodes, master, user, user_shell, volumes):\n{lines}"
              "class After(ClusterSetup):\n    def run(self, nodes, *rest):\n        print('after')\n")
    run.configure("harm", "harm.Harm", **settings)
    run.configure("after", "harm.After")
    return run.call(on_failure="continue")


NO_TEXT = "class NoText(Exception):\n    def __str__(self):\n        raise ValueError\n"


@pytest.mark.parametrize("body, message", [
    ("sys.exit('no licence')", "SystemExit: no licence"),
    ("self.run(nodes, master, user, user_shell, volumes)", "RecursionError: maximum recursion depth exceeded"),
    ("raise NoText", "NoText: (its text cannot be made: ValueError)"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt: interrupted, and what ran was stopped"),
    ("self.pool.map(sys.exit, ['a', 'b'])", "failed on a: SystemExit: a; on b: SystemExit: b"),
    ("sys.stdout = sys.stderr = open(os.devnull)\nos.environ['X'] = 1", "TypeError: str expected, not int"),
    ("master.ssh.switch_user('no-such-user')", "n1 has no user no-such-user, so that nothing can run as that user"),
])
def test_it_is_told_and_the_next_one_runs(run, capsys, body, message):
    answer = plugin(run, body, NO_TEXT)
    assert not answer["ok"] and message in answer["message"]
    assert ("after" in capsys.readouterr().out.splitlines()) == ("KeyboardInterrupt" not in body)


def test_settings_are_any_text(run):
    texts = {"quotes": "it's \"x\" `y` $HOME", "percent": "50% %(a)s %%", "letters": "žluť 漢字 \U0001f600",
             "lines": "one\n  two"}
    answer = plugin(run, "for text in self.settings.values():\n"
                    "    lines = master.ssh.execute('printf %s ' + shlex.quote(text))\n"
                    "    assert lines == [line.strip() for line in text.splitlines()], text", **texts)
    assert answer["ok"], answer["message"]


def test_a_log_that_cannot_be_put_together_is_a_line_of_it(run, capsys):
    assert plugin(run, "log.info('%s %s', 'one')\nlog.info('bad \\udcff %d', 1)\n"
                  "log.info('100%')\nlog.info(b'bytes')")["ok"]
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1:-2] == [
        ">>> '%s %s' with ('one',) (TypeError: not enough arguments for format string)",
        ">>> bad \\udcff 1", ">>> 100%", ">>> b'bytes'"]
    assert shown.err == ""


def test_a_thread_that_stays_is_told(run, capsys):
    answer = plugin(run, "end = threading.Event()\nthreads.append(end)\n"
                    "threading.Thread(target=end.wait, args=(60,), name='slow').start()",
                    "import builtins\nthreads = builtins.harm_threads = []\n")
    builtins.harm_threads[0].set()
    assert answer["ok"] and "*** WARNING - plugin harm left a thread running: slow;" in capsys.readouterr().out


HUGE = """\
assert len(master.ssh.execute("head -c 50000000 /dev/zero | tr '\\\\0' a | fold -w 99")) == 505051
assert len(master.ssh.execute("head -c 50000000 /dev/zero | tr '\\\\0' b")[0]) == 50000000
master.ssh.execute("head -c 5000000 /dev/zero | tr '\\\\0' c; exit 3")
"""


def test_fifty_megabytes_are_given_and_their_ends_are_logged(run, capsys):
    answer = plugin(run, HUGE)
    assert "failed with status 3: ccc" in answer["message"] and len(answer["message"]) < 2000
    assert len(capsys.readouterr().err) < 2000
    assert "… 503051 lines …" in run.log() and "(50000000 characters)" in run.log() and len(run.log()) < 1 << 20


FILES = """\
files = master.ssh
files.remote_file(self.settings["folder"] + "/empty").close()
data = os.urandom(1 << 20) * 50
with files.remote_file("~/big", "wb") as file:
    file.write(data)
assert files.remote_file("~/big", "rb").read() == data
name = self.settings["folder"] + "/a 'b' \\"c\\" $d `e`\\n;f|&"
with files.remote_file(name) as file:
    file.write("of a name")
files.get(name, name + "back")
assert files.get_remote_file_lines(name) == [open(name + "back").read()] == ["of a name"]
files.unlink("~/big")
os.mkdir(self.settings["folder"] + "/gone")
forgotten = files.remote_file(self.settings["folder"] + "/gone/file")
forgotten.write("x")
files.execute("rm -r %s/gone" % self.settings["folder"])
files.execute("exit 5")
"""


def test_files_of_any_size_and_name_and_one_that_cannot_be_written(run, tmp_path, capsys):
    answer = plugin(run, FILES, folder=str(tmp_path))
    assert (tmp_path / "empty").stat().st_size == 0
    assert "remote command 'exit 5' failed with status 5" in answer["message"], "and not what came of it"
    assert f"!!! ERROR - {tmp_path}/gone/file was not written: n1: " in capsys.readouterr().err


DIES = """\
for node in nodes:
    self.pool.simple_job(node.ssh.execute, "touch %s/$MUSTER_NODE; sleep 1; echo done" % self.settings["folder"],
                         jobid=node.alias)
self.pool.wait()
"""


def test_a_node_that_dies_in_the_middle_is_named(tmp_path, monkeypatch):
    for name, folder in (("HOME", "."), ("XDG_STATE_HOME", "state")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    with ClusterAPI.local(2) as cluster:
        run = Run(cluster, tmp_path)
        socket = run.nodes[1]["address"].removeprefix("unix:")

        def kill():
            eventually(lambda: (tmp_path / "n2").exists())
            os.kill(daemon_of(socket), signal.SIGKILL)
        killer = threading.Thread(target=kill)
        killer.start()
        answer = plugin(run, DIES, folder=str(tmp_path))
        killer.join()
    assert not answer["ok"]
    failed = [result for result in answer["results"] if result["plugin"] == "harm"]
    assert [result["node"] for result in failed] == ["n2"] and "n2: lost: " in failed[0]["text"], failed


def daemon_of(socket):
    """The clusterd that listens there."""
    listed = subprocess.run(["pgrep", "-f", f"clusterd .*{socket}( |$)"], capture_output=True, text=True, check=True)
    return int(listed.stdout.split()[0])


def test_a_configuration_of_any_editor_is_read(tmp_path):
    from muster.plugins.config import StarClusterConfig
    path = tmp_path / "config"
    path.write_bytes(b"\xef\xbb\xbf[plugin a]\r\nSETUP_CLASS = a.B  # of mine\r\n"
                     b"x = 50% \"\xff\" %(a)s\r\nlist = one,\r\n  two\r\n")
    plugin_a = StarClusterConfig(path).load().get_plugin("a")
    assert (plugin_a.setup_class, plugin_a.settings) == ("a.B", {"x": '50% "\udcff" %(a)s', "list": "one, two"})
