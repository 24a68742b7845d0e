"""Clusters at the prompt: what is refused, and what a person is told who took a wrong turn."""

import json
import os
import pathlib
import re
import signal

import pexpect
import pytest

from conftest import LONG, SLACK, processes_with, wait_until
from test_clusters import TEMPLATE, configure, fixture_lab, good, states  # noqa: F401  (the fixture)

ONE = "[cluster base1]\nprovider = local\nnodes.compute = 1\n[cluster other]\nnodes.compute = 1\n"


def refused(lab, code, words, *arguments):
    result = lab.run("cluster", *arguments)
    assert result.returncode == code and words in result.stderr, (arguments, result.stderr)
    return result.stderr


def test_a_record_of_an_instance_that_a_cluster_here_has_is_not_imported(lab):
    configure(lab, ONE)
    good(lab, "cluster", "create", "base1", "-n", "work")
    good(lab, "cluster", "export", "work", "work.json")
    for more in [], ["--dry-run"]:
        said = refused(lab, 2, "of the cluster work, which is here", "import", "work.json", "--rename", "work2", *more)
        assert "`cluster delete work` first" in said and "compute001" in said
    assert refused(lab, 3, "there is no cluster work2", "status", "work2")
    assert states(lab, "work") == {"compute001": "running"}


def test_pause_and_resume_of_what_does_not_run_say_so(lab):
    configure(lab, "[cluster work]\nprovider = local\nnodes.compute = 2\n")
    good(lab, "cluster", "create", "work")
    good(lab, "-c", "stop compute002 -y")
    assert "; stopped: compute002" in good(lab, "cluster", "pause", "work").stderr
    assert states(lab, "work") == {"compute001": "paused", "compute002": "stopped"}
    assert "work runs; stopped: compute002" in good(lab, "cluster", "resume", "work").stderr
    good(lab, "cluster", "stop", "work", "-y")
    for word in "pause", "resume":
        for more in [], ["--dry-run"]:
            refused(lab, 1, "work is stopped; `cluster start work` starts it", word, "work", *more)


def test_a_cluster_of_another_template_is_not_taken_for_a_new_one(lab):
    configure(lab, ONE)
    good(lab, "cluster", "create", "other", "-n", "work")
    for more in [], ["--dry-run"]:
        said = refused(lab, 2, "there is a cluster work already, of the template other and not of base1",
                       "create", "base1", "-n", "work", *more)
        assert "`cluster start work`" in said
    good(lab, "cluster", "create", "other", "-n", "work")


def hold(lab):
    """A provider whose start does not return before there is a file."""
    lab.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    path = configure(lab, "[provider held]\ntype = python\nclass = held:Held\npath = held.py\narguments = [[], {}]\n"
                     "[cluster base1]\nprovider = held\nnodes.compute = 2\n")
    (path.parent / "held.py").write_text(f"""import os
import time

from muster import AbstractCloudProvider


class Held(AbstractCloudProvider):
    def start_instance(self, *arguments, **keywords):
        open("{lab.folder}/begun", "w").close()
        while not os.path.exists("{lab.folder}/go"):
            time.sleep(0.02)
        return {{"instance_id": "one"}}

    def stop_instance(self, node):
        pass

    def get_ips(self, instance_id):
        return ["127.0.0.1"]

    def is_instance_running(self, instance_id):
        return True
""")
    (path.parent / "held.py").chmod(0o644)


def test_a_second_interrupt_leaves_a_shell_that_was_given_its_line(lab):
    hold(lab)
    child = lab.terminal("cluster", "create", "base1")
    wait_until((lab.folder / "begun").exists, LONG, "the provider is asked")
    child.kill(signal.SIGINT)
    child.expect_exact("(Ctrl-C again: not waited for)")
    child.kill(signal.SIGINT)
    child.expect(r"not waited for: starting compute\[001-002\], which is saved")
    child.expect(pexpect.EOF)  # though the provider has not answered
    child.close()
    assert child.exitstatus == 130
    assert not (lab.folder / "go").exists()
    (lab.folder / "go").write_text("")
    good(lab, "cluster", "delete", "base1", "-y", "--force")


def test_a_second_interrupt_at_the_prompt_says_what_is_waited_for(lab):
    hold(lab)
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("cluster create base1")
    wait_until((lab.folder / "begun").exists, LONG, "the provider is asked")
    child.sendintr()
    child.expect_exact("nothing more is begun; what is under way is waited for and saved\r\n")
    child.sendintr()
    child.expect(r"waiting for the provider to answer about starting compute\[001-002\]")
    (lab.folder / "go").write_text("")
    child.expect_exact("was interrupted; what runs is kept, and saved")
    child.expect(r"muster(\[[^\]]*\])?> ")
    good(lab, "cluster", "delete", "base1", "-y", "--force")


def test_a_cluster_in_use_follows_what_another_shell_makes_of_it(lab):
    configure(lab, ONE)
    good(lab, "cluster", "create", "base1")
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("use base1")
    child.expect_exact("using base1: compute001")
    child.expect_exact("muster[base1]> ")
    good(lab, "cluster", "resize", "base1", "-a", "1:compute")
    child.sendline("@ echo on $MUSTER_NODE")
    child.expect_exact("the configuration has changed: compute002 is new")
    child.expect_exact("2 ok")
    child.expect_exact("muster[base1]> ")
    # What this shell does itself is no news to it.
    child.sendline("cluster resize base1 -a 1:compute")
    child.expect_exact("muster[base1]> ")
    assert "compute003: alive" in child.before and "has changed" not in child.before
    child.sendline("@ echo on $MUSTER_NODE")
    child.expect_exact("3 ok")
    assert "has changed" not in child.before


def test_with_several_clusters_the_one_just_made_is_used(lab):
    configure(lab, ONE)
    good(lab, "cluster", "create", "base1", "-n", "p1")
    good(lab, "cluster", "create", "base1", "-n", "p2")
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("@ uptime")
    child.expect_exact("name one of: p1, p2 (`use p1` at the prompt")
    child.expect_exact("muster> ")
    child.sendline("cluster create base1 -n p3")
    child.expect_exact("using p3: compute001")
    child.expect_exact("muster[p3]> ")
    child.sendline("cluster delete p3 -y")
    child.expect_exact("p3 is deleted")
    assert "using" not in re.sub("cluster delete p3 -y", "", child.before)


def test_new_says_in_a_dry_run_what_it_would_say(lab):
    path = configure(lab, TEMPLATE)
    before = path.read_text()
    dry = refused(lab, 2, "[provider lokal]", "new", "x", "--provider", "lokal", "--dry-run")
    assert dry == refused(lab, 2, f"{path}:", "new", "x", "--provider", "lokal")
    assert ".new-" not in dry
    taken = refused(lab, 2, f"{path}:1 has a [cluster base1] already; `cluster create base1` starts it", "new", "base1")
    assert "another name" in taken
    assert path.read_text() == before and len(list(path.parent.iterdir())) == 1
    child = lab.terminal("cluster", "new", "x")
    child.expect_exact("Provider")
    child.sendline("lokal")
    child.expect_exact("there is no [provider lokal]")
    child.expect_exact("Provider")
    child.sendline("local")
    child.expect_exact("Nodes, as")
    child.sendline("")
    child.expect_exact("`cluster create x` starts it")


@pytest.mark.parametrize("word", ["status", "stop", "start", "pause", "setup", "delete"])
def test_a_name_that_is_nearly_right_is_asked_about(lab, word):
    configure(lab, ONE)
    good(lab, "cluster", "create", "base1", "-n", "working")
    refused(lab, 3, "did you mean working?", word, "workin")


def test_a_template_is_told_from_a_cluster(lab):
    configure(lab, ONE)
    told = "other is a template that was not started: `cluster create other` starts it"
    refused(lab, 3, told, "status", "other")
    for line in "@other uptime", "use other":
        result = lab.run("-c", line)
        assert result.returncode == 3 and told in result.stderr, result.stderr
    good(lab, "cluster", "create", "base1")
    for line in "@other uptime", "use other":
        result = lab.run("-c", line)
        assert result.returncode == 3 and told in result.stderr, result.stderr
    result = lab.run("--cluster", "other", "-c", "@ uptime")
    assert "cluster.conf:4: other is a template that was not started: `clustershell cluster create other`" in result.stderr


def test_files_and_templates_that_are_wrong_are_told_in_own_words(lab):
    (lab.folder / "text.json").write_text("{]")
    (lab.folder / "other.json").write_text("{}")
    for name, words in ("text.json", "no JSON"), ("other.json", "key 'name' not found"):
        assert "exception" not in refused(lab, 2, words, "import", name)
    path = configure(lab, "[cluster base1]\nnodes.compute = 0\nmin_nodes.compute = 1\n")
    refused(lab, 2, f"{path}:3: min_nodes.compute = 1, but nodes.compute = 0: more would have to live", "start", "base1")


def test_a_setup_without_scripts_says_so(lab):
    path = configure(lab, "[setup tools]\nscripts = setup.d\n[cluster base1]\nsetup = tools\nnodes.compute = 1\n"
                     "groups.compute = workers\n")
    (path.parent / "setup.d").mkdir()
    folder = path.parent / "setup.d"
    said = good(lab, "cluster", "create", "base1").stderr
    assert f"there is nothing to run: no group (workers) has a folder with scripts in {folder}; make {folder}/workers" in said
    kinds = json.loads(good(lab, "cluster", "list", "-o", "json").stdout)[0]["kinds"]
    assert kinds == {"compute": 1}
    assert not re.search(r"\d ms", good(lab, "cluster", "status", "base1").stdout)
    assert processes_with(lab.mark)


def test_a_wrong_template_keeps_no_cluster_out_of_the_list(lab):
    good(lab, "cluster", "start", "base1", "--nodes", "1:compute,0:frontend")
    path = configure(lab, "[cluster other]\nnodes.node = 1\n" + TEMPLATE + "min_nodes.comput = 1\n[cluster larger]\nextends = base1\n")
    before = sorted(processes_with(lab.mark))
    listed = good(lab, "cluster", "list")
    assert " ".join(listed.stdout.splitlines()[-1].split()) == "base1 base1 local 1 1 1 compute"
    warning, templates = listed.stderr.splitlines()
    assert warning.startswith(f"cluster list: templates are left out: {path}:7: there is no nodes.comput; ")
    assert templates == "templates: other"
    for words in (("start", "base1", "-n", "fresh"), ("start", "larger", "-n", "fresh"), ("restart", "base1", "-y"),
                  ("resize", "base1", "-a", "1:compute")):
        wrong = lab.run("cluster", *words)
        assert wrong.returncode != 0 and f"{path}:7: there is no nodes.comput" in wrong.stderr, words
    assert sorted(processes_with(lab.mark)) == before  # nothing was stopped or started


def test_an_interrupt_ends_the_scripts_of_a_setup(lab):
    path = configure(lab, "[setup tools]\nscripts = setup.d\n[cluster base1]\nsetup = tools\nnodes.compute = 2\n"
                     "groups.compute = workers\n")
    folder = path.parent / "setup.d/workers"
    folder.mkdir(parents=True)
    long = f"20-long-{os.getpid()}"
    for name, text in {"10-quick": f"echo $MUSTER_NODE >> {lab.folder}/quick", "30-never": f"touch {lab.folder}/never",
                       long: f"touch {lab.folder}/began-$MUSTER_NODE; setsid sleep 4321 & "
                                  "while :; do echo and on; sleep 0.02; done"}.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    good(lab, "cluster", "start", "base1", "--no-setup")
    before = processes_with(lab.mark)
    setup = lab.start("cluster", "setup", "base1")
    wait_until(lambda: len(list(lab.folder.glob("began-*"))) == 2, 20 * SLACK, "the scripts run")
    setup.send_signal(signal.SIGINT)
    _, told = setup.communicate(timeout=20 * SLACK)
    assert setup.returncode == 130
    for name in ("compute001", "compute002"):
        assert f"{name}: workers/{long} was stopped".encode() in told, told
    assert b"it was interrupted: 2 of 2 nodes were not set up; " in told and b"`cluster setup` goes on there" in told
    wait_until(lambda: not set(processes_with(lab.mark)) - set(before), 5 * SLACK, "nothing of the scripts is left")
    # What was done is not done again.
    assert not list(pathlib.Path("/tmp").glob(f"tmp.*/{long}"))
    (folder / long).write_text("#!/bin/sh\ntrue\n")
    assert not (lab.folder / "never").exists()
    good(lab, "cluster", "setup", "base1")
    assert sorted((lab.folder / "quick").read_text().split()) == ["compute001", "compute002"]
    assert (lab.folder / "never").exists()
