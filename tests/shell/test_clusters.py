"""Clusters that come and go, at the prompt: templates, the cluster commands, and nodes by target."""

import json
import os
import signal

import pexpect
import pytest

from conftest import LONG, SLACK, Clustershell, processes_with, wait_until

TEMPLATE = "[cluster base1]\nprovider = local\nnodes.frontend = 1\nnodes.compute = 3\n"


@pytest.fixture(name="lab")
def fixture_lab(tmp_path):
    """A shell with a template, whose started clusters are gone at the end."""
    shell = Clustershell(tmp_path)
    (tmp_path / "rt").mkdir(mode=0o700)
    shell.environment["XDG_RUNTIME_DIR"] = str(tmp_path / "rt")
    os.chmod(tmp_path, 0o700)
    configure(shell, TEMPLATE)
    yield shell
    for terminal in shell.terminals:
        terminal.close(force=True)
    listed = shell.run("cluster", "list", "-o", "json")
    for cluster in json.loads(listed.stdout or "[]"):
        shell.run("cluster", "delete", cluster["cluster"], "-y", "--force")
    wait_until(lambda: not processes_with(shell.mark), 5 * SLACK, "all processes of the test gone")


def configure(shell, text):
    path = shell.folder / "config" / "muster" / "cluster.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def good(shell, *arguments):
    result = shell.run(*arguments)
    assert result.returncode == 0, (arguments, result.stdout, result.stderr)
    return result


def states(shell, name="base1"):
    nodes = json.loads(good(shell, "cluster", "status", name, "-o", "json").stdout)["nodes"]
    return {node["name"]: node["state"] for node in nodes}


def test_new_create_status_delete(lab):
    path = configure(lab, "# mine\n[groups]\n")
    result = good(lab, "cluster", "new", "small", "--nodes", "2:compute")
    assert f"[cluster small] is in {path}" in result.stderr
    assert path.read_text() == "# mine\n[groups]\n\n[cluster small]\nprovider = local\nnodes.compute = 2\n"
    again = lab.run("cluster", "new", "small", "--nodes", "2:compute")
    assert again.returncode == 2 and "has a [cluster small] already" in again.stderr
    wrong = lab.run("cluster", "new", "other", "--provider", "lokal", "--nodes", "1")
    assert wrong.returncode == 2 and "there is no [provider lokal]; valid here: local" in wrong.stderr
    assert "other" not in path.read_text()
    result = good(lab, "cluster", "create", "small")
    assert sorted(line.split(" after")[0] for line in result.stdout.splitlines()) == [
        "compute001: alive", "compute002: alive"]
    assert "small runs: compute[001-002]" in result.stderr
    assert states(lab, "small") == {"compute001": "running", "compute002": "running"}
    assert good(lab, "-c", "@ echo $MUSTER_NODE").stdout.count("compute00") == 4
    result = lab.run("cluster", "delete", "small")
    assert result.returncode == 2 and "nobody is here to ask; -y says yes" in result.stderr
    assert "compute001: stopped" in good(lab, "cluster", "delete", "small", "-y").stdout
    assert lab.run("cluster", "status", "small").returncode == 3
    assert "nothing is left over" in good(lab, "cluster", "gc", "--dry-run").stderr
    assert not list((lab.folder / "state/muster").glob("instances/*"))
    assert not processes_with(lab.mark)


def test_new_asks_at_a_terminal(lab):
    path = configure(lab, "# mine\n")
    child = lab.terminal("cluster", "new")
    child.expect_exact("Name of the cluster > ")
    child.sendline("1st")
    child.expect_exact("Name of the cluster > ")  # that is no name
    child.sendline("base2")
    child.expect_exact("Provider")
    child.sendline("")
    child.expect_exact("Nodes, as")
    child.sendline("1:frontend,2:compute")
    child.expect_exact("`cluster create base2` starts it")
    child.expect(pexpect.EOF)
    assert "[cluster base2]\nprovider = local\n" in path.read_text()
    assert "nodes.compute = 2" in path.read_text() and "nodes.frontend = 1" in path.read_text()


def test_a_shell_without_a_cluster_uses_the_first_that_is_started(lab):
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("@ uptime")
    child.expect_exact("no cluster is configured and no clusterd listens")
    child.expect_exact("muster> ")
    child.sendline("cluster start base1 --nodes 2:compute,0:frontend")
    child.expect_exact("using base1: compute[001-002]")
    child.expect_exact("muster> ")
    child.sendline("@ echo on $MUSTER_NODE")
    child.expect_exact("2 ok")
    child.expect_exact("muster> ")
    child.sendline("cluster delete base1")
    child.expect_exact("delete it? [y/n] ")
    child.sendline("y")
    child.expect_exact("base1 is deleted")
    child.expect_exact("muster> ")
    child.sendline("@ uptime")
    child.expect_exact("no cluster is configured and no clusterd listens")
    child.expect_exact("muster> ")


def test_what_one_shell_starts_is_a_target_in_another_that_was_open_before(lab):
    (lab.folder / "run").mkdir(mode=0o700)
    daemon = lab.start("--name", "own1", "--listen", f"unix:{lab.folder}/run/own1.sock", program="clusterd")
    assert b"listening" in daemon.stdout.readline()
    try:
        configure(lab, f"[cluster own]\nnodes = own1=unix:{lab.folder}/run/own1.sock\n" + TEMPLATE)
        child = lab.terminal()
        child.expect_exact("muster> ")
        child.sendline("show -o name")
        child.expect_exact("own1")
        child.expect_exact("muster> ")
        good(lab, "cluster", "start", "base1")
        # The current cluster is the one of before, and the other one is there.
        for line, *expected in [
                ("nodes", "own1"), ("@base1 echo $MUSTER_NODE", "4 ok"), ("@ echo $MUSTER_NODE", "own1: own1"),
                ("@cluster=base1&kind=compute echo hi", "3 ok"), ("show cluster=base1", "frontend001", "compute003"),
                ("@2 echo by number $MUSTER_NODE", "compute001: by number compute001"),
                ("use base1", "using base1: compute[001-003],frontend001"), ("@base1 echo $MUSTER_NODE", "4 ok"), ("nodes", "compute[001-003],frontend001"),
                ("use *", "using all 1 nodes"), ("nodes", "own1"), ("use", "clusters: base1, own")]:
            child.sendline(line)
            child.expect_exact("\n")
            for words in expected:
                child.expect_exact(words)
            child.expect(r"muster(\[[^\]]*\])?> ")
        good(lab, "cluster", "delete", "base1", "-y")
        child.sendline("@base1 uptime")
        child.expect_exact("base1 is a template that was not started")
        child.expect_exact("muster> ")
        refused = lab.run("cluster", "start", "base1", "-n", "own")
        assert refused.returncode == 2 and "has a [cluster own] that lists its nodes" in refused.stderr
        assert "was not started by Muster" in lab.run("-c", "stop own1 -y").stderr
    finally:
        daemon.terminate()
        daemon.communicate(timeout=LONG)


def test_nodes_stop_start_and_terminate_by_target(lab):
    good(lab, "cluster", "start", "base1")
    result = good(lab, "-c", "stop compute002 -y", "-c", "@ echo up", "-c", "show state=stopped -o name")
    assert "compute002: stopped" in result.stdout and result.stdout.endswith("compute002\n")
    assert "compute002: skipped: compute002 is stopped" in result.stderr
    result = lab.run("-c", "@compute002 echo up")
    assert result.returncode == 4 and "compute002 is stopped, so nothing was sent there" in result.stderr
    assert states(lab)["compute002"] == "stopped"
    assert "would start compute002 of base1" in good(lab, "-c", "start state=stop* --dry-run").stdout
    assert states(lab)["compute002"] == "stopped"
    assert "compute002: alive" in good(lab, "-c", "start state=stop*").stdout
    assert set(states(lab).values()) == {"running"}
    assert "would stop compute[001-003] of base1" in good(lab, "--dry-run", "-c", "stop kind=compute").stdout
    result = lab.run("-c", "terminate compute003")
    assert result.returncode == 2 and "nobody is here to ask" in result.stderr
    assert good(lab, "-c", "terminate compute003 -y").stdout == "compute003: terminated\n"
    assert sorted(states(lab)) == ["compute001", "compute002", "frontend001"]
    # The number is free again, and the next one gets it.
    good(lab, "cluster", "resize", "base1", "-a", "1:compute")
    assert sorted(states(lab)) == ["compute001", "compute002", "compute003", "frontend001"]


def test_stop_by_number_after_a_removal_asks(lab):
    good(lab, "cluster", "start", "base1")
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("show -o name")
    child.expect_exact("frontend001")
    child.expect_exact("muster> ")
    good(lab, "-c", "terminate compute001 -y")
    child.sendline("stop 4")
    child.expect_exact("compute001 is gone")
    child.expect_exact("go on with compute003? [y/n] ")
    child.sendline("n")
    child.expect_exact("nothing was done")
    child.expect_exact("muster> ")
    child.sendline("stop 4")
    child.expect_exact("[y/n] ")
    child.sendline("y")
    child.expect_exact("stop compute003? [y/n] ")
    child.sendline("y")
    child.expect_exact("compute003: stopped")
    child.expect_exact("muster> ")
    assert states(lab) == {"compute002": "running", "compute003": "stopped", "frontend001": "running"}


def test_stop_of_a_command_by_its_id_goes_on_as_before(lab):
    good(lab, "cluster", "start", "base1", "--nodes", "1:compute,0:frontend")
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("@ --bg sleep 1000")
    child.expect_exact("runs on compute001")
    child.expect_exact("muster> ")

    def ids():
        shown = json.loads(good(lab, "-c", "show -o json").stdout)
        return [execution["id"] for execution in shown[0]["executions"]]
    [whole] = wait_until(ids, LONG, "the command runs")
    assert "stopping" in good(lab, "-c", f"stop {whole}").stdout
    wait_until(lambda: not ids(), LONG, "the command has ended")
    gone = lab.run("-c", f"stop {whole}")
    assert gone.returncode == 1 and "nothing with the id" in gone.stderr


def test_resize_list_export_import_and_dry_runs(lab):
    assert "would start a new cluster base1 with compute[001-003],frontend001" in good(
        lab, "cluster", "start", "base1", "--dry-run").stdout
    assert json.loads(good(lab, "cluster", "list", "-o", "json").stdout) == []
    good(lab, "cluster", "start", "base1", "-n", "mine", "--nodes", "2:compute")
    listed = json.loads(good(lab, "cluster", "list", "-o", "json").stdout)
    assert listed == [{"cluster": "mine", "template": "base1", "provider": "local", "running": 3, "nodes": 3,
                       "kinds": {"compute": 2, "frontend": 1}}]
    assert "would remove compute002" in good(lab, "cluster", "resize", "mine", "-r", "1:compute", "--dry-run").stdout
    result = good(lab, "cluster", "resize", "mine", "-a", "2:compute", "-r", "1:compute", "-y")
    assert "compute002: removed" in result.stdout and "compute003: alive" in result.stdout
    wrong = lab.run("cluster", "resize", "mine", "-a", "1:comput")
    assert wrong.returncode == 2 and "did you mean compute?" in wrong.stderr
    assert lab.run("cluster", "resize", "mine", "-r", "9:compute", "-y").returncode == 2
    good(lab, "cluster", "export", "mine", "mine.json")
    assert json.loads((lab.folder / "mine.json").read_text())["name"] == "mine"
    taken = lab.run("cluster", "import", "mine.json")
    assert taken.returncode == 2 and "there is a cluster mine already" in taken.stderr
    stopped = good(lab, "cluster", "stop", "mine", "-y")
    assert "mine is stopped" in stopped.stderr
    assert set(states(lab, "mine").values()) == {"stopped"}
    good(lab, "cluster", "start", "mine")
    assert set(states(lab, "mine").values()) == {"running"}
    good(lab, "cluster", "delete", "mine", "-y")
    good(lab, "cluster", "import", "mine.json", "--rename", "old")
    assert "running" not in states(lab, "old").values()
    broken = lab.folder / "broken.json"
    broken.write_text("{")
    assert lab.run("cluster", "import", "broken.json").returncode == 2


def test_what_no_record_knows_is_found_and_removed(lab):
    good(lab, "cluster", "start", "base1", "--nodes", "1:compute,0:frontend")
    good(lab, "cluster", "export", "base1", "kept.json")
    before = processes_with(lab.mark)
    assert before
    # As if its record had been lost: the file of the repository is another one.
    for path in (lab.folder / "state/muster").glob("clusters.db*"):
        path.unlink()
    seen = good(lab, "cluster", "gc", "--dry-run")
    assert "/base1/compute001/" in seen.stdout and "a cluster that is not there" in seen.stdout
    assert processes_with(lab.mark)
    result = lab.run("cluster", "gc")
    assert result.returncode == 2 and "no record here knows these" in result.stderr
    assert "stopped" in good(lab, "cluster", "gc", "-y").stdout
    wait_until(lambda: not processes_with(lab.mark), 5 * SLACK, "the stray is gone")
    assert "nothing is left over" in good(lab, "cluster", "gc").stderr


def test_an_interrupt_saves_what_was_begun(lab):
    configure(lab, "[provider slow]\ntype = local\nclusterd = " + str(lab.folder / "slow") + "\n"
              "[cluster base1]\nprovider = slow\nnodes.compute = 3\n")
    (lab.folder / "slow").write_text(
        f"#!/bin/sh\nwhile [ ! -e {lab.folder}/go ]; do sleep 0.1; done\nexec {lab.environment['MUSTER_BIN_DIR']}/clusterd \"$@\"\n")
    (lab.folder / "slow").chmod(0o755)
    child = lab.terminal("cluster", "start", "base1")
    child.expect_exact("0 of 3 nodes")
    child.kill(signal.SIGINT)
    child.expect_exact("nothing more is begun")
    (lab.folder / "go").write_text("")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    found = states(lab)
    assert sorted(found) == ["compute001", "compute002", "compute003"]
    assert good(lab, "cluster", "delete", "base1", "-y").returncode == 0
    assert "nothing is left over" in good(lab, "cluster", "gc", "--dry-run").stderr


@pytest.mark.parametrize("arguments, code, words", [
    (["frob"], 2, "there is no 'frob'"), (["statuss", "x"], 2, "did you mean status?"),
    (["start"], 2, "it takes one template or cluster"), (["start", "nosuch"], 3, "there are: base1"),
    (["start", "base"], 3, "did you mean base1?"), (["start", "base1", "--node", "1"], 2, "did you mean --nodes?"),
    (["start", "base1", "--nodes", "x"], 2, "is no number of nodes of a kind"),
    (["start", "base1", "--nodes", "2:comput"], 2, "did you mean compute?"),
    (["start", "base1", "-n", "1 2"], 2, "1 2"), (["delete", "nosuch", "-y"], 3, "nosuch"),
    (["status", "nosuch"], 3, "nosuch"), (["status"], 2, "no cluster was started"),
    (["resize", "nosuch", "-a", "1:x"], 3, "nosuch"), (["import", "nosuch.json"], 3, "nosuch.json"),
    (["list", "-o", "yaml"], 2, "-o is json"), (["setup", "nosuch"], 3, "nosuch")])
def test_mistakes_touch_nothing(lab, arguments, code, words):
    result = lab.run("cluster", *arguments)
    assert result.returncode == code and words in result.stderr, result.stderr
    assert not processes_with(lab.mark) and not list((lab.folder / "state").glob("muster/instances/*"))


def test_a_wrong_template_is_told_before_anything_is_touched(lab):
    path = configure(lab, TEMPLATE + "min_nodes.comput = 1\n")
    result = lab.run("cluster", "start", "base1")
    assert result.returncode == 2
    assert f"{path}:5: there is no nodes.comput; valid kinds here: frontend, compute; did you mean compute?" in result.stderr
    assert not processes_with(lab.mark)


def test_setup_runs_the_scripts_of_its_groups_once(lab):
    path = configure(lab, "[setup tools]\nscripts = setup.d\n[cluster base1]\nsetup = tools\nnodes.compute = 2\n"
                     "groups.compute = workers\n")
    script = path.parent / "setup.d/workers/10-mark"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\necho $MUSTER_KIND >> marks-$MUSTER_NODE\n")
    script.chmod(0o755)
    result = good(lab, "cluster", "start", "base1", "--no-setup")
    assert "set up" not in result.stderr
    assert "base1 is set up" in good(lab, "cluster", "setup", "base1").stderr
    good(lab, "cluster", "setup", "base1")
    assert good(lab, "-c", "@compute001 cat marks-compute001").stdout == "compute001: compute\n"
    script.write_text("#!/bin/sh\necho no >&2; exit 7\n")
    failed = lab.run("cluster", "setup", "base1")
    assert failed.returncode == 1 and "10-mark" in failed.stderr, failed.stderr


def test_a_provider_that_is_a_class_of_python(lab):
    path = configure(lab, "[provider rack]\ntype = python\nclass = rack:Rack\npath = rack.py\narguments = [[\"machines\"], {}]\n"
                     "[cluster base1]\nprovider = rack\nnodes.compute = 2\n")
    (path.parent / "rack.py").write_text(f"""import os
import uuid

from muster import AbstractCloudProvider


class Rack(AbstractCloudProvider):
    def __init__(self, folder):
        self.folder = "{lab.folder}/" + folder
        os.makedirs(self.folder, exist_ok=True)

    def start_instance(self, *arguments, **keywords):
        name = uuid.uuid4().hex[:8]
        open(f"{{self.folder}}/{{name}}", "w").close()
        return {{"instance_id": name}}

    def stop_instance(self, node):
        os.unlink(f"{{self.folder}}/{{node.instance_id}}")

    def get_ips(self, instance_id):
        return ["127.0.0.1"]

    def is_instance_running(self, instance_id):
        return os.path.exists(f"{{self.folder}}/{{instance_id}}")
""")
    (path.parent / "rack.py").chmod(0o644)
    lab.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    good(lab, "cluster", "create", "base1")
    assert len(list((lab.folder / "machines").iterdir())) == 2
    assert states(lab) == {"compute001": "running", "compute002": "running"}
    good(lab, "cluster", "delete", "base1", "-y")
    assert not list((lab.folder / "machines").iterdir())


def test_pause_resume_and_a_daemon_that_was_killed(lab):
    good(lab, "cluster", "create", "base1", "--nodes", "2:compute,0:frontend")
    assert "base1 is paused" in good(lab, "cluster", "pause", "base1").stderr
    assert set(states(lab).values()) == {"paused"}
    result = lab.run("--cluster", "base1", "-c", "@compute001 true")
    assert result.returncode == 4 and "compute001 is paused, so nothing was sent there" in result.stderr
    assert "base1 runs" in good(lab, "cluster", "resume", "base1").stderr
    assert good(lab, "--cluster", "base1", "-c", "@compute001 echo on").stdout == "compute001: on\n"
    pid = json.loads(good(lab, "-c", "show compute001 -o json").stdout)[0]["pid"]
    os.kill(pid, signal.SIGKILL)
    assert states(lab) == {"compute001": "failed", "compute002": "running"}
    status = good(lab, "cluster", "status", "base1")
    assert "its clusterd has ended" in status.stdout and "1 of 2 nodes run" in status.stderr
    shown = json.loads(good(lab, "-c", "show state=failed -o json").stdout)
    assert [(node["name"], node["kind"]) for node in shown] == [("compute001", "compute")]
    good(lab, "cluster", "start", "base1")
    assert set(states(lab).values()) == {"running"}
