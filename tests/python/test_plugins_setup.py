"""What a setup by plugins runs when: order, what was done already, what failed, and what changed since."""

import json
import os
import signal
import subprocess
import sys

import pytest
from conftest import SLACK, eventually, processes_with
from plugin_runs import fixture_lab, fixture_run  # noqa: F401

NOTES = '''\
from starcluster.clustersetup import ClusterSetup
class Notes(ClusterSetup):
    def __init__(self, file, name, breaks=""):
        self.file, self.name, self.breaks = file, name, breaks.split()
    def note(self, hook, nodes):
        with open(self.file, "a") as file:
            file.write("%s %s %s\\n" % (self.name, hook, " ".join(node.alias for node in nodes)))
        for node in nodes:
            if node.alias in self.breaks:
                node.ssh.execute("echo first; echo no room left >&2; exit 28")
    def run(self, nodes, master, user, user_shell, volumes):
        assert nodes[0] is master and master.is_master()
        self.note("run", nodes)
    def on_add_node(self, node, nodes, master, user, user_shell, volumes):
        assert node in nodes
        self.note("on_add_node", [node])
    def on_remove_node(self, node, nodes, master, user, user_shell, volumes):
        assert node in nodes
        self.note("on_remove_node", [node])
    def on_restart(self, nodes, master, user, user_shell, volumes):
        self.note("on_restart", nodes)
    def on_shutdown(self, nodes, master, user, user_shell, volumes):
        self.note("on_shutdown", nodes)
class OnlyRun(ClusterSetup):
    def __init__(self, file):
        self.file = file
    def run(self, nodes, master, user, user_shell, volumes):
        with open(self.file, "a") as file:
            file.write("only run %s of %s\\n" % (" ".join(node.alias for node in nodes), master.alias))
'''


class Notes:
    """Plugins that write down what they are called for."""

    def __init__(self, run):
        self.run = run
        self.file = run.folder / "notes"
        run.write("notes.py", NOTES)

    def add(self, name, **settings):
        self.run.configure(name, "notes.Notes", file=str(self.file), name=name, **settings)

    def taken(self):
        """The lines since the last time."""
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        self.file.unlink(missing_ok=True)
        return lines


@pytest.fixture(name="notes")
def fixture_notes(run):
    return Notes(run)


def test_plugins_run_in_their_order_and_leave_in_the_other(run, notes):
    for name in "abc":
        notes.add(name)
    run.nodes[2]["kind"] = "frontend"  # and so the master
    later = run.nodes.pop(1)
    assert run.call()["ok"]
    assert notes.taken() == ["a run n3 n1", "b run n3 n1", "c run n3 n1"]
    run.nodes.append(later)
    answer = run.call()
    assert notes.taken() == ["a on_add_node n2", "b on_add_node n2", "c on_add_node n2"]
    assert [(result["plugin"], result["node"], result["ok"]) for result in answer["results"]] == [
        (name, "n2", True) for name in "abc"]
    assert run.call("leave", reason="remove", leaving=["n2"])["ok"]
    assert notes.taken() == ["c on_remove_node n2", "b on_remove_node n2", "a on_remove_node n2"]
    run.nodes.remove(later)
    assert "nothing to do" in run.call()["message"] and notes.taken() == []
    run.call("leave", reason="restart")
    assert run.call(reason="restart")["ok"]
    assert notes.taken() == ["c on_restart n3 n1", "b on_restart n3 n1", "a on_restart n3 n1", "a run n3 n1", "b run n3 n1",
                             "c run n3 n1"]
    run.call("leave", reason="shutdown")
    assert [line.split()[0] for line in notes.taken()] == ["c", "b", "a"]


def test_another_instance_of_the_same_name_is_a_new_node(run, notes):
    notes.add("a")
    run.call()
    run.nodes[1] = run.nodes[1] | {"instance_id": "i-other"}
    run.call()
    assert notes.taken() == ["a run n1 n2 n3", "a on_add_node n2"]


def test_a_plugin_without_on_add_node_runs_for_the_new_node_alone_and_says_so(run, notes, capsys):
    run.configure("only", "notes.OnlyRun", file=str(notes.file))
    later = run.nodes.pop()
    run.call()
    run.nodes.append(later)
    run.call()
    assert notes.taken() == ["only run n1 n2 of n1", "only run n3 of n1"]
    assert ">>> Plugin only has no on_add_node: its run() is called for n3 alone" in capsys.readouterr().out


def test_a_failure_is_told_kept_and_where_the_next_setup_goes_on(run, notes, capsys):
    notes.add("a")
    notes.add("b", breaks="n2")
    notes.add("c")
    answer = run.call()
    assert not answer["ok"] and notes.taken() == ["a run n1 n2 n3", "b run n1 n2 n3"]
    assert answer["message"] == (
        "plugin b: run failed on n2: remote command 'echo first; echo no room left >&2; exit 28' failed with status 28: "
        "first | no room left (notes.py, line 10, in note)")
    assert [(result["plugin"], result["node"], result["ok"]) for result in answer["results"]] == [
        ("a", "", True), ("b", "n2", False)]
    told = capsys.readouterr().err
    assert "!!! ERROR - Error occured while running plugin 'b': run failed\n  n2: remote command" in told
    assert "\n    no room left\n" in told and "Crash report" not in told
    notes.add("b", breaks="")
    run.sections.sort(key=lambda section: section["name"])
    assert run.call()["ok"]
    assert notes.taken() == ["b run n1 n2 n3", "c run n1 n2 n3"]
    assert ">>> Plugin b failed on n2 before: remote command" in capsys.readouterr().out


def test_a_failure_of_a_new_node_is_tried_again_for_that_node(run, notes):
    notes.add("a", breaks="n2")
    notes.add("b")
    later, run.nodes = run.nodes[1:], run.nodes[:1]
    assert run.call()["ok"]
    run.nodes += later
    assert not run.call()["ok"]
    assert notes.taken()[2:] == ["a on_add_node n2"]
    assert not run.call(on_failure="continue")["ok"]
    assert notes.taken() == ["a on_add_node n2", "a on_add_node n3", "b on_add_node n2", "b on_add_node n3"]
    notes.add("a", breaks="")
    run.sections.sort(key=lambda section: section["name"])
    assert run.call(reload=True)["ok"]
    assert notes.taken() == ["a on_add_node n2"]


def test_what_changed_in_the_configuration_is_told_and_taken_over_when_asked(run, notes, capsys):
    notes.add("a")
    assert run.call()["ok"]
    run.sections[0]["settings"]["name"] = "z"
    notes.add("b")
    run.nodes[1]["instance_id"] = "i-new"
    capsys.readouterr()
    assert run.call()["ok"]
    out = capsys.readouterr().out
    assert "*** WARNING - since the cluster was set up: name of plugin a was 'a', and is 'z'" in out
    assert "since the cluster was set up: plugin b was added" in out and "--reload" in out
    assert notes.taken() == ["a run n1 n2 n3", "a on_add_node n2"]
    run.nodes[2]["instance_id"] = "i-newer"
    assert run.call(reload=True)["ok"]
    assert notes.taken() == ["z on_add_node n3", "b run n1 n2 n3"]
    capsys.readouterr()
    assert "nothing to do" in run.call()["message"] and "since" not in capsys.readouterr().out


def test_leaving_goes_on_when_a_plugin_fails(run, notes):
    notes.add("a")
    notes.add("b")
    assert run.call()["ok"]
    notes.taken()
    for section in run.receipt["plugins"]:
        section["settings"]["breaks"] = "n3" if section["name"] == "b" else ""
    answer = run.call("leave", reason="remove", leaving=["n3"])
    assert not answer["ok"] and "plugin b: on_remove_node failed on n3" in answer["message"]
    assert notes.taken() == ["b on_remove_node n3", "a on_remove_node n3"]


def test_one_hook_of_one_plugin_on_some_nodes(run, notes):
    notes.add("a")
    assert run.call("run", plugin="a", only=["n2", "n1"])["message"] == "a: run done on 2 nodes"
    assert run.receipt["done"] == {}
    assert run.call("run", plugin="a", hook="on_remove_node", only=["n3"])["ok"]
    assert run.call("run", plugin="a")["ok"] and "nothing to do" in run.call()["message"]
    assert notes.taken() == ["a run n1 n2", "a on_remove_node n3", "a run n1 n2 n3"]


NOT_THERE = '''\
from starcluster.clustersetup import ClusterSetup
class Deep(ClusterSetup):
    def helper(self): raise NotImplementedError("later")
    def run(self, nodes, master, user, user_shell, volumes): self.helper()
class Says(ClusterSetup):
    def run(self, nodes, master, user, user_shell, volumes): print("ran", len(nodes))
    def on_add_node(self, node, nodes, master, user, user_shell, volumes):
        raise NotImplementedError("on_add_node method not implemented")
    def on_remove_node(self, *arguments): super().on_remove_node(*arguments)
class Forgets(ClusterSetup):
    def __init__(self, folder): self.folder = folder
    def run(self, nodes, master, user, user_shell, volumes):
        self.open = [node.ssh.remote_file("%s/%s" % (self.folder, node.alias)) for node in nodes]
        for file in self.open: file.write("flushed\\n")
        self.pool.simple_job(lambda: master.ssh.execute("sleep 0.3; touch %s/job" % self.folder))
class Exits(ClusterSetup):
    def run(self, nodes, master, user, user_shell, volumes): raise SystemExit(3)
'''


def test_a_hook_that_is_not_there_is_no_failure_and_a_bug_is_one(run, capsys):
    run.write("there.py", NOT_THERE)
    run.configure("says", "there.Says")
    assert run.call()["ok"]
    run.nodes[1]["instance_id"] = "i-new"
    assert run.call()["ok"] and run.call("leave", reason="remove", leaving=["n1"])["ok"]
    assert [line for line in capsys.readouterr().out.splitlines() if "ran" in line] == ["ran 3", "ran 1"]
    run.receipt = {}
    run.configure("deep", "there.Deep")
    answer = run.call()
    assert not answer["ok"] and "plugin deep: run failed NotImplementedError: later (there.py, line 3, in helper)" in answer["message"]
    assert "*** WARNING - NotImplementedError in run of plugin deep" in capsys.readouterr().out


def test_what_a_plugin_forgets_is_done_at_the_end_of_its_hook(run, tmp_path):
    run.write("there.py", NOT_THERE)
    run.configure("forgets", "there.Forgets", folder=str(tmp_path))
    run.configure("exits", "there.Exits")
    answer = run.call()
    assert (tmp_path / "n3").read_text() == "flushed\n" and (tmp_path / "job").exists()
    assert not answer["ok"] and "plugin exits: run failed SystemExit: 3" in answer["message"]


def test_nodes_that_do_not_answer_keep_all_plugins_from_running(run, notes, tmp_path):
    notes.add("a")
    run.nodes.append({"name": "gone", "address": f"unix:{tmp_path}/none.sock"})
    answer = run.call()
    assert not answer["ok"] and notes.taken() == []
    assert "plugin DefaultClusterSetup: run failed on gone: gone: unreachable" in answer["message"]


INTERRUPTED = '''\
import json, sys
from muster import _host
code, text = json.loads(_host.call("plugins", sys.argv[1], "set_up", []))
print(json.loads(text)["message"], flush=True)
'''


def test_an_interrupt_stops_what_runs_on_all_nodes(run):
    run.write("slow.py", """\
        from starcluster.clustersetup import ClusterSetup
        class Slow(ClusterSetup):
            def run(self, nodes, master, user, user_shell, volumes):
                for node in nodes:
                    self.pool.simple_job(node.ssh.execute, ("sleep 91.5 & sleep 91.5",), jobid=node.alias)
                self.pool.wait(len(nodes))
        """)
    run.configure("slow", "slow.Slow")
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED, json.dumps(run.order())], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.DEVNULL, env=os.environ)
    assert eventually(lambda: len(processes_with("sleep\x0091.5")) == 6)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10 * SLACK)
    assert "plugin slow: run failed KeyboardInterrupt" in out
    assert eventually(lambda: not processes_with("sleep\x0091.5"))
