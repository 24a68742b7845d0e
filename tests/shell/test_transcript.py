"""The founding documents from top to bottom, in one real terminal each: what dustcluster's page and
python_cluster's prompt promise, in their own lines."""

import os
import shutil

import pexpect
import pytest

from conftest import LONG, Clustershell

APT = """#!/bin/sh
echo 'After this operation, 5,342 kB of additional disk space will be used.'
printf 'Do you want to continue? [Y/n] '
read answer
[ "$answer" = y ] && echo "Setting up $2"
"""


@pytest.fixture(name="lab")
def fixture_lab(tmp_path):
    """Nine nodes as the page has them: workers and others, with tags, of which worker3 is stopped."""
    shell = Clustershell(tmp_path)
    os.chmod(tmp_path, 0o700)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/apt-get").write_text(APT)
    (tmp_path / "bin/sudo").write_text("#!/bin/sh\nexec \"$@\"\n")
    for program in ("apt-get", "sudo"):
        (tmp_path / "bin" / program).chmod(0o755)
    shell.environment["PATH"] = f"{tmp_path}/bin:{shell.environment['PATH']}"
    nodes = ["worker0", "worker1", "worker2", "worker3", "db1"]
    started = []
    for name in nodes:
        if name == "worker3":
            continue
        process = shell.start("--name", name, "--listen", f"unix:{tmp_path}/{name}.sock", program="clusterd")
        assert b"listening" in process.stdout.readline()
        started.append(process)
    (tmp_path / "cluster.conf").write_text(
        "[cluster spark1]\nnodes = " + ", ".join(f"{name}=unix:{tmp_path}/{name}.sock" for name in nodes) +
        "\n[node worker[0-3]]\ntags = env:dev, owner:devops\n[node db1]\ntags = app:mongodb, env:prod\n")
    yield shell
    for terminal in shell.terminals:
        terminal.close(force=True)
    for cluster in ("base1", "slurm1"):
        shell.run("cluster", "delete", cluster, "-y", "--force")
    for process in started:
        process.terminate()
        process.communicate(timeout=LONG)


class Walk:
    """Types lines, and reads on from where the last look ended."""

    def __init__(self, child):
        self.child = child

    def line(self, text, *expected):
        self.child.sendline(text)
        self.child.expect_exact("\n")  # behind the echo
        for words in expected:
            self.child.expect_exact(words)
        self.child.expect(r"muster(\[[^\]]*\])?> ")
        return self.child.before


def test_dustcluster_s_page(lab):
    child = lab.terminal()
    child.expect_exact("muster> ")
    walk = Walk(child)
    # list nodes
    walk.line("show", "worker0", "worker3", "down", "db1")
    walk.line("show -v", "db1")
    walk.line("show -vv", "app:mongodb")
    walk.line("show -v  1,3,4", "worker0", "worker2", "worker3")
    walk.line("show -v  worker*", "worker3")
    # search
    walk.line("show mongo", "searched", "db1")
    walk.line("show running", "worker0")
    walk.line("show run", "worker0")
    # tag/untag nodes
    walk.line("tag worker* env=test", "env")
    walk.line("tag 3,4 stack=spark1", "tagged worker[2-3] stack:spark1")
    walk.line("show tags=stack:spark1", "worker2", "worker3")
    walk.line("untag 3,4 stack", "worker[2-3]")
    walk.line("refresh")
    # run non-interactive commands; all running nodes
    walk.line("@ echo up", "1 skipped: worker3")
    walk.line("@1,3 uptime", "load average", "load average")
    walk.line("@worker[0-2] echo $MUSTER_NODE", "3 ok")
    walk.line("@tags=env:prod uptime", "db1: ")
    walk.line("@state=running&name=w* echo $MUSTER_NODE", "3 ok")
    # run interactive commands
    walk.line("@1,2,3 sudo apt-get install nginx", "Do you want to continue? [Y/n]", "worker[0-2] wait for input")
    walk.line("@1,2,3 y", "Setting up nginx", "Setting up nginx", "Setting up nginx", "3 ok")
    # run ncurses/full screen commands
    child.sendline("@1")
    child.expect_exact("a terminal on worker0")
    child.sendline("PS1='on''-worker0$ '; export PS1")
    child.expect_exact("on-worker0$ ")
    if shutil.which("vi"):
        child.sendline("vi -u NONE -n resolv.conf; echo sa''ved")
        child.expect_exact("resolv.conf")
        child.send("inameserver 127.0.0.1\x1b:wq\r")
        child.expect_exact("saved")
        assert (lab.folder / "resolv.conf").read_text() == "nameserver 127.0.0.1\n"
    child.send("\x03\x03\x03")
    child.expect_exact("back from worker0")
    child.expect_exact("muster> ")
    # secure copy files
    (lab.folder / "data1.csv").write_text("1\n")
    (lab.folder / "data2.csv").write_text("2\n")
    (lab.folder / "remote").mkdir()
    walk.line(f"put 1,3 {lab.folder}/data*.csv {lab.folder}/remote")
    assert sorted(path.name for path in (lab.folder / "remote").iterdir()) == ["data1.csv", "data2.csv"]
    (lab.folder / "here").mkdir()
    walk.line(f"get 1 {lab.folder}/remote/data2.csv here")
    assert (lab.folder / "here/data2.csv").read_text() == "2\n"
    # use a working set
    walk.line("use worker*", "worker[0-3]")
    assert "db1" not in walk.line("show")
    assert "db1" not in walk.line("@ uptime", "worker0: ")
    walk.line("tag * cool=yes", "worker[0-3]")
    walk.line("use *")
    walk.line("show tags=cool:yes", "worker0")
    assert "db1" not in walk.line("nodes tags=cool:yes")
    # logins, and membership of clusters
    walk.line("assign tags=env:prod login-user=ec2-user member-of=webapp")
    walk.line("use webapp", "db1")
    walk.line("@ echo member", "db1: member")
    walk.line("use *")
    walk.line("show -v cluster=webapp", "db1")
    # commands on localhost
    walk.line("ls -plart /", "[ls -plart /] unrecognized, trying system shell...", "root")
    walk.line("cd remote")
    walk.line("!pwd", str(lab.folder / "remote"))
    # history
    child.sendcontrol("r")
    child.send("sudo apt")
    child.expect_exact("apt-get install nginx")
    child.send("\r")
    child.expect_exact("wait for input")
    child.expect_exact("muster> ")
    walk.line("@1,2,3 n", "3 failed")
    child.send("\x1b[A")
    child.expect_exact("@1,2,3 n")
    child.sendcontrol("c")
    child.expect_exact("muster> ")
    # Ctrl-C stops what runs, and says so
    child.sendline("@worker0 echo begun; sleep 1000")
    child.expect_exact("worker0: begun")
    child.sendcontrol("c")
    child.expect_exact("stopping; Ctrl-C again to stop at once")
    child.expect_exact("cancelled")
    child.expect_exact("muster> ")
    child.sendline("exit")
    child.expect(pexpect.EOF)


def test_dustcluster_s_nodes_and_clusters(lab):
    child = lab.terminal()
    child.expect_exact("muster> ")
    walk = Walk(child)

    def ask(text, question, answer, *expected):
        child.sendline(text)
        child.expect_exact("\n")
        child.expect_exact(question)
        child.sendline(answer)
        for words in expected:
            child.expect_exact(words)
        child.expect(r"muster(\[[^\]]*\])?> ")
        return child.before

    # spin up a new compute cluster: asks for node count, and creates a cluster spec
    child.sendline("cluster new")
    child.expect_exact("Name of the cluster > ")
    child.sendline("base1")
    child.expect_exact("Provider")
    child.sendline("local")
    child.expect_exact("Nodes, as")
    child.sendline("4:worker")
    child.expect_exact("`cluster create base1` starts it")
    child.expect_exact("muster> ")
    walk.line("cluster create base1", "worker001: alive", "base1 runs: worker[001-004]")
    walk.line("cluster status base1", "base1: 4 of 4 nodes run")
    # use a working set
    walk.line("use base1", "using base1: worker[001-004]")
    walk.line("show", "worker004")
    walk.line("@ echo $MUSTER_NODE", "4 ok")
    # start/stop/terminate: by index, by name, by attribute, all
    ask("stop 1,3,4", "stop worker[001,003-004]? [y/n] ", "n", "nothing was done")
    ask("stop 1,3,4", "stop worker[001,003-004]? [y/n] ", "y", "worker001: stopped")
    walk.line("show state=stopped", "worker001", "worker003", "worker004")
    walk.line("start state=stop*", "worker001: alive")
    ask("stop worker*", "[y/n] ", "y", "worker004: stopped")
    walk.line("start wo*", "worker004: alive")
    ask("stop state=running", "[y/n] ", "y", "worker002: stopped")
    walk.line("start *", "worker003: alive")
    ask("stop *", "[y/n] ", "n", "nothing was done")
    ask("terminate worker00[2-3]", "which will be gone", "n", "nothing was done")
    walk.line("show", "worker004")
    ask("terminate worker00[2-3]", "terminate worker[002-003]? [y/n] ", "y", ": terminated", ": terminated")
    # numbers belong to the last table: worker003 was 3 there, and is gone
    walk.line("stop 3", "not configured any more; nothing was done")
    ask("stop 4", "go on with worker004? [y/n] ", "n", "nothing was done")
    walk.line("show", "worker004")
    # by cluster name
    walk.line("use *", "using all 5 nodes")
    walk.line("cluster create base1 -n slurm1 --nodes 1:worker", "slurm1 runs: worker001")
    walk.line("show -v cluster=base1", "worker001", "worker004")
    ask("stop cluster=slurm1", "stop worker001? [y/n] ", "y", "worker001: stopped")
    walk.line("start cluster=slurm1", "worker001: alive")
    walk.line("show -o name", "worker0", "db1")
    # terminates the cluster nodes
    ask("cluster delete base1", "delete it? [y/n] ", "y", "base1 is deleted")
    walk.line("cluster status base1", "base1")
    ask("cluster delete slurm1", "delete it? [y/n] ", "y", "slurm1 is deleted")
    walk.line("cluster gc --dry-run", "nothing is left over")
    child.sendline("exit")
    child.expect(pexpect.EOF)


def test_the_founding_prompt(clustershell):
    child = clustershell.prompt(3)
    walk = Walk(child)
    walk.line("clustercheck", "Server n1 OK", "Server n2 OK", "Server n3 OK", "Done!")
    walk.line("clustertestprog", "Calculating. Please wait.", "3 ok")
    walk.line('connect localhost default "1 + 1"', "2\r\n")
    walk.line("debug", "debug on")
    walk.line("py 1 1/0", "Traceback", "ZeroDivisionError")
    walk.line("debug", "debug off")
    walk.line("clusterhelp", "clustercheck")
    walk.line("listmodules", "programs")
    walk.line("last", "listmodules")
    walk.line("py 1 1+1", "n1: 2")
    walk.line("!echo lo''cal", "local\r\n")
    walk.line("help @", "run a command in the shell of the nodes")
    child.sendline("exit")
    child.expect(pexpect.EOF)


def test_a_narrow_terminal_other_letters_and_a_long_paste(clustershell):
    child = clustershell.prompt(2)
    walk = Walk(child)
    walk.line("@1 echo grüße 日本", "n1: grüße 日本")
    child.setwinsize(24, 40)
    for line in ("show", "jobs"):
        shown = walk.line(line)
        assert all(len(row.rstrip("\r")) <= 40 for row in shown.split("\n")[1:-1]), shown
    child.setwinsize(24, 100)
    lines = "".join(f"@1 echo pasted {number}\n" for number in range(1000))
    sent = 0
    while sent < len(lines):  # a terminal holds 4 KiB
        sent += child.send(lines[sent:sent + 1024])
        child.expect_exact(f"n1: pasted {lines[:sent].count(chr(10)) - 1}\r\n")
    child.expect_exact("muster> ")
    walk.line("@2 echo still here", "n2: still here")
    child.sendline("exit")
    child.expect(pexpect.EOF)
