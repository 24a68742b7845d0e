"""What the prompt knows of nodes: show and its search, numbers of the last table, tags, the working set, rules."""

import json
import os
import subprocess
import threading

import pexpect
import pytest

from conftest import LONG, SLACK, Clustershell, wait_until

NODES = ["web1", "web2", "db1", "gone1"]


@pytest.fixture(scope="module", name="daemons")
def fixture_daemons(tmp_path_factory):
    """Three nodes that run."""
    shell = Clustershell(tmp_path_factory.mktemp("nodes"))
    os.chmod(shell.folder, 0o700)
    processes = []
    for name in NODES[:3]:
        process = shell.start("--name", name, "--listen", f"unix:{shell.folder}/{name}.sock", program="clusterd")
        assert b"listening" in process.stdout.readline()
        processes.append(process)
    yield shell
    for process in processes:
        process.terminate()
        process.communicate(timeout=LONG)


class Lab(Clustershell):
    """A shell of its own in front of the daemons: nothing is kept from one test to the next."""

    def __init__(self, folder, daemons):
        super().__init__(folder)
        os.chmod(folder, 0o700)
        self.sockets = daemons.folder
        self.write()

    def write(self, names=tuple(NODES), more=""):
        nodes = ", ".join(f"{name}=unix:{self.sockets}/{name}.sock" for name in names)
        text = f"[cluster lab]\nnodes = {nodes}\n"
        if "db1" in names:
            text += "[node db1]\ntags = app:mongodb\n"
        fresh = self.folder / "cluster.conf.new"
        fresh.write_text(text + more)
        fresh.rename(self.folder / "cluster.conf")

    def do(self, *lines, flags=()):
        return self.run(*flags, *(word for line in lines for word in ("-c", line)))

    def tags(self):
        shown = json.loads(self.do("show -o json").stdout)
        return {node["name"]: node["tags"] for node in shown}


@pytest.fixture(name="lab")
def fixture_lab(tmp_path, daemons):
    shell = Lab(tmp_path, daemons)
    yield shell
    for terminal in shell.terminals:
        terminal.close(force=True)


def names(shown):
    return [line.split()[1] for line in shown.splitlines()[1:]]


# ---- show ----

def test_show_searches_what_names_no_node(lab):
    for words, found in {"mongo": ["db1"], "MONGODB": ["db1"], "app=mongodb": ["db1"], "web2.sock": ["web2"],
                         "running": ["web1", "web2", "db1"], "down": ["gone1"], "mongo,web1.so": ["web1", "db1"]}.items():
        result = lab.do(f"show {words}")
        assert (names(result.stdout), result.returncode) == (found, 0), words
        assert f"'{words}' is no node: searched for it" in result.stderr
    # A target is one first.
    result = lab.do("show web1")
    assert names(result.stdout) == ["web1"] and "searched" not in result.stderr
    result = lab.do("show nothing")
    assert (result.stdout, result.returncode) == ("", 3)
    assert "'nothing' names no node" in result.stderr and "no attribute or tag of a node holds" in result.stderr


def test_show_has_forms_for_programs(lab):
    shown = json.loads(lab.do("show -o json").stdout)
    assert [node["index"] for node in shown] == [1, 2, 3, 4]
    assert shown[2]["tags"] == ["app:mongodb"] and shown[2]["latency_s"] > 0 and shown[2]["load"] >= 0
    assert shown[3]["state"] == "down" and "gone1" in shown[3]["reason"] and "latency_s" not in shown[3]
    assert lab.do("show -o name web*").stdout == "web1\nweb2\n"
    yaml = lab.do("show db1 -o yaml").stdout
    assert yaml.startswith("- index: 3\n  name: \"db1\"\n") and '\n  tags: ["app:mongodb"]\n' in yaml
    wide = lab.do("show -o=wide").stdout.splitlines()
    assert {"load", "latency", "os", "ip", "version", "cluster", "login", "reason"} <= set(wide[0].split())
    assert lab.do("show -o xml").returncode == 2


def test_show_tells_more_when_asked(lab):
    brief = lab.do("show -v web1").stdout.splitlines()
    assert {"os", "version", "workers"} <= set(brief[0].split())
    running = lab.start("-c", "@web1 sleep 4321")
    try:
        shown = wait_until(lambda: (text := lab.do("show -vv web1").stdout) if "sleep" in (
            text := lab.do("show -vv web1").stdout) else None, 5 * SLACK, "the execution is shown")
    finally:
        running.terminate()
        running.communicate(timeout=LONG)
    assert "   execution: running sleep 4321\n" in shown and "   running: 1\n" in shown
    assert "   reason: " in lab.do("show -vv gone1").stdout


def test_show_fits_forty_columns(lab):
    child = pexpect.spawn(str(lab.environment["MUSTER_BIN_DIR"]) + "/clustershell", ["-c", "show", "-c", "show -v"],
                          env=lab.environment, cwd=lab.folder, dimensions=(24, 40), timeout=LONG, encoding="utf-8")
    lab.terminals.append(child)
    child.expect(pexpect.EOF)
    table = child.before.splitlines()[:5]
    assert table[0].split()[:3] == ["@", "name", "state"] and "running" in table[0]
    assert all(len(line) <= 40 for line in table), table
    assert "   state: running" in child.before  # -v has no room for columns


def test_show_is_drawn_again_until_interrupted(lab):
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("show --watch 100ms")
    for _ in range(3):
        child.expect_exact("\x1b[H\x1b[2J")
        child.expect("web1 ")
    child.sendintr()
    child.expect_exact("muster> ")
    process = lab.start("-c", "show --watch 100ms web1", stdin=subprocess.DEVNULL)
    lines = [process.stdout.readline().decode() for _ in range(4)]
    assert [line.split()[:2] for line in lines] == [["@", "name"], ["1", "web1"]] * 2
    process.terminate()
    process.communicate(timeout=LONG)


# ---- numbers ----

def test_a_number_asks_when_the_nodes_have_changed(lab):
    """At the prompt: 3 is db1 in the table, and would be gone1 afterwards."""
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("show")
    child.expect("gone1.*muster> ")
    lab.write(["web1", "db1", "gone1"])
    child.sendline("tag 3 a=b")
    child.expect_exact("the configuration has changed: web2 is gone")
    child.expect_exact("the nodes are others than in the last table: web2 is gone; there 3 was db1")
    child.expect_exact("go on with db1? [y/n] ")
    child.sendline("n")
    child.expect_exact("nothing was done")
    child.expect_exact("muster> ")
    assert lab.tags() == {"web1": [], "db1": ["app:mongodb"], "gone1": []}
    child.sendline("tag 3 a=b")
    child.expect_exact("go on with db1? [y/n] ")
    child.sendline("y")
    child.expect_exact("tagged db1 a:b")
    child.expect_exact("muster> ")
    assert lab.tags() == {"web1": [], "db1": ["app:mongodb", "a:b"], "gone1": []}
    # The node of the number itself is gone: there is nothing to ask.
    child.sendline("@2 echo ran; tag 2 a=b")
    child.expect_exact("there 2 was web2, and web2 is not configured any more; nothing was done")
    child.expect_exact("muster> ")
    # A new table has new numbers.
    child.sendline("show")
    child.expect("gone1.*muster> ")
    child.sendline("tag 3 c=d")
    child.expect_exact("tagged gone1 c:d")


@pytest.mark.parametrize("line", ["tag 3 a=b", "@3 echo ran", "py 3 1+1", "tag 1-2 a=b", "@web*,3 echo ran"])
def test_a_number_is_an_error_where_nobody_can_be_asked(lab, line):
    """Lines that come through a pipe."""
    shell = lab.start(stdin=subprocess.PIPE)
    shell.stdin.write(b"show\n")
    while b"gone1" not in shell.stdout.readline():
        pass
    lab.write(["web1", "db1", "gone1"])
    out, err = shell.communicate(f"{line}\n@db1 echo fine\n".encode(), timeout=LONG)
    assert shell.returncode in (2, 3) and out == b"db1: fine\n", (out, err)
    assert b"the nodes are others than in the last table: web2 is gone" in err and b"nothing was done" in err
    assert lab.tags() == {"web1": [], "db1": ["app:mongodb"], "gone1": []}


def test_yes_goes_on_with_the_nodes_of_the_table(lab):
    edit = lab.folder / "edit.py"
    edit.write_text("import os\ntext = open('cluster.conf').read()\n"
                    f"text = text.replace('web2=unix:{lab.sockets}/web2.sock, ', '')\n"
                    "open('new', 'w').write(text)\nos.rename('new', 'cluster.conf')\n")
    result = lab.do("show", "run edit.py", "tag 3 a=b")
    assert result.returncode == 2 and "nobody is here to ask" in result.stderr
    lab.write()
    result = lab.do("show", "run edit.py", "tag -y 3 a=b")
    assert result.returncode == 0 and "tagged db1 a:b" in result.stderr
    lab.write()
    result = lab.do("show", "run edit.py", "@1,3 echo $MUSTER_NODE", flags=["-y"])
    assert (result.returncode, sorted(result.stdout.splitlines()[-2:])) == (0, ["db1: db1", "web1: web1"])
    # Names need no question.
    lab.write()
    assert lab.do("show", "run edit.py", "@db1 true").returncode == 0


def test_refresh_tells_what_changed(lab):
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("refresh")
    child.expect_exact("4 nodes; the list is that of the last table")
    lab.write(["web1", "gone1", "web2"], "[groups]\nnew = web2\n")
    child.sendline("refresh")
    child.expect_exact("3 nodes; since the last table: db1 is gone")
    child.sendline("nodes @new")
    child.expect_exact("web2\r\n")
    (lab.folder / "cluster.conf").write_text("nonsense\n")
    child.sendline("@web1 echo still here")
    child.expect("cluster.conf:1: .*the nodes stay those of before")
    child.expect_exact("web1: still here")


# ---- tags ----

def test_tags_are_kept_and_asked_for(lab):
    assert lab.do("tag web* env=dev,rack=7", "@tags=env:dev echo here").stdout.count("here") == 2
    result = lab.do("tag 2 env=prod", "nodes tags=env:dev", "nodes tags=rack:7", "untag web1 rack", "nodes tags=rack:7")
    assert (result.stdout, result.returncode) == ("web1\nweb[1-2]\nweb2\n", 0)
    assert lab.tags() == {"web1": ["env:dev"], "web2": ["rack:7", "env:prod"], "db1": ["app:mongodb"], "gone1": []}
    # Another configuration has other nodes, whatever they are called.
    (lab.folder / "other.conf").write_text((lab.folder / "cluster.conf").read_text())
    assert lab.run("--config", "other.conf", "-c", "nodes tags=env:*").returncode == 3
    assert lab.lines(1, "tag n1 env=dev", "nodes tags=env:dev").stdout == "n1\n"
    assert lab.lines(1, "nodes tags=env:dev").returncode == 3


def test_programs_see_tags(lab):
    lab.do("tag web1 env=dev")
    (lab.folder / "which.py").write_text(
        "import ClusterAPI\nprint([str(n.name) for n in ClusterAPI.connect().on('tags=env:dev').nodes])\n")
    assert lab.do("run which.py").stdout == "['web1']\n"


def test_tags_of_the_configuration_stay(lab):
    for line in ["untag db1 app", "tag db1 app=redis", "untag * app"]:
        result = lab.do("tag web1 app=x", line)
        assert result.returncode == 2 and "the configuration says app:mongodb (db1)" in result.stderr, line
    assert lab.tags()["db1"] == ["app:mongodb"] and lab.tags()["web1"] == ["app:x"]
    assert lab.do("tag db1 app=mongodb").returncode == 0


def test_tags_are_handled_or_refused(lab):
    for word in ["größe=süß", "path=/a:b=c", "'quoted'=x", "e=!", "n=日本"]:
        assert lab.do(f"tag web1 {word}").returncode == 0, word
    assert sorted(lab.tags()["web1"]) == ["e:!", "größe:süß", "n:日本", "path:/a:b=c", "quoted:x"]
    for word, why in {"plain": "is not KEY=VALUE", "=x": "has no key", "x=": "has no value", "'a b=c'": "no blanks",
                      "a='b c'": "no blanks", "a:b=c": "holds a ':'", "a=1 a=2": "given twice",
                      "a=\u202eb": "no visible", f"a={'x' * 300}": "256 bytes"}.items():
        result = lab.do(f"tag web2 {word}")
        assert result.returncode == 2 and why in result.stderr, (word, result.stderr)
    assert lab.tags()["web2"] == []
    assert lab.do("untag web2 colour").returncode == 3
    assert lab.do("untag web1 e=?").returncode == 3 and lab.do("untag web1 e=! n").returncode == 0
    assert sorted(lab.tags()["web1"]) == ["größe:süß", "path:/a:b=c", "quoted:x"]


def test_several_shells_lose_no_tag(lab):
    def give(place):
        for i in range(5):
            assert lab.do(f"tag web1 k{place}x{i}=v").returncode == 0
    threads = [threading.Thread(target=give, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lab.tags()["web1"]) == 20


# ---- the working set ----

def test_use_limits_every_target(lab):
    result = lab.do("use web*", "nodes", "@ echo here", "tag * cool=yes", "use", "use *", "nodes tags=cool:yes", "nodes")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "web[1-2]" and sorted(lines[1:3]) == ["web1: here", "web2: here"]
    assert lines[3:] == ["web*: web[1-2]", "clusters: lab", "web[1-2]", "db1,gone1,web[1-2]"]
    for line, words in {"@db1 true": "db1 is not in the working set web*", "@3 true": "db1 is not in",
                        "nodes web1,db1": "`use *` takes all nodes", "@d* true": "none of its nodes is in"}.items():
        result = lab.do("use web*", line)
        assert result.returncode == 3 and words in result.stderr, (line, result.stderr)
    assert names(lab.do("use db1,web2", "show").stdout) == ["web2", "db1"]
    assert lab.do("use db1,web2", "nodes *!web2").stdout == "db1\n"
    # Numbers stay those of the table.
    assert lab.do("use db1", "nodes 3").stdout == "db1\n"


def test_use_of_nothing_known_is_an_error(lab):
    result = lab.do("use us-east-1")
    assert result.returncode == 3 and "there is no cluster 'us-east-1'" in result.stderr and "lab" in result.stderr
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("use web*")
    child.expect_exact("muster[web*]> ")
    child.sendline("use us-east-1")
    child.expect_exact("muster[web*]> ")
    child.sendline("use *")
    child.expect_exact("\r\nmuster> ")


def test_bare_at_takes_the_running_nodes(lab):
    for line in ["@ echo here", "@* echo here"]:
        result = lab.do(line)
        assert result.returncode == 0 and result.stdout.count("here") == 3
        assert "gone1: skipped: " in result.stderr
    assert lab.do("@gone1,web1 echo here").returncode == 4  # it was named
    result = lab.do("use gone1", "@ echo here")
    assert (result.returncode, result.stdout) == (4, "")


# ---- login rules ----

def test_assign_makes_clusters(lab):
    result = lab.do("assign web* member-of=shop", "use shop", "nodes", "use *", "nodes cluster=shop,db1", "show")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[:2] == ["web[1-2]", "db1,web[1-2]"]
    assert [line.split()[1] for line in lines[2:]] == ["name", "shop:", "web1", "web2", "cluster:", "db1", "gone1"]
    # The first rule that means a node is the only one for it.
    result = lab.do("assign * member-of=rest", "nodes cluster=rest", "nodes cluster=shop")
    assert result.stdout == "db1,gone1\nweb[1-2]\n" and "web[1-2] have an earlier one" in result.stderr
    result = lab.do("assign 1 member-of=first precedence=highest", "nodes cluster=first", "nodes cluster=shop")
    assert result.stdout == "web1\nweb2\n"
    assert 'selector: "web1"' in (lab.folder / "config" / "muster" / "login_rules.yaml").read_text()


def test_assign_asks(lab):
    (lab.folder / "key").write_text("")
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("assign")
    for question, answers in {"selector: ": ["nosuch", "tags=app:*"], "login-user: ": ["ec2-user"],
                              "keyfile: ": ["/none", f"{lab.folder}/key"], "member-of: ": ["webapp"]}.items():
        for answer in answers:
            child.expect_exact(question)
            child.sendline(answer)
    child.expect_exact("the rule counts for db1")
    child.expect_exact("muster> ")
    shown = json.loads(lab.do("show -o json db1").stdout)[0]
    assert (shown["member_of"], shown["login_user"], shown["keyfile"]) == ("webapp", "ec2-user", f"{lab.folder}/key")
    child.sendline("assign")
    child.expect_exact("selector: ")
    child.sendintr()
    child.expect_exact("nothing was assigned")
    child.expect_exact("muster> ")


def test_rules_of_dustcluster_count_behind_ours(lab):
    (lab.folder / ".dustcluster").mkdir()
    rules = lab.folder / ".dustcluster" / "login_rules.yaml"
    rules.write_text("# by hand\n- selector: subnet=s-012\n  member-of: cloud\n"
                     "- {keyfile: /k.pem, login-user: ec2-user, member-of: old, selector: 'web*'}\n"
                     "- selector: '*'\n  login-user: admin\n")
    lab.do("assign web1 member-of=new")
    assert lab.do("nodes cluster=old", "nodes cluster=new").stdout == "web2\nweb1\n"
    assert json.loads(lab.do("show -o json db1").stdout)[0]["login_user"] == "admin"
    rules.write_text("- selector: web1\n  member: x\n")
    result = lab.do("nodes")
    assert result.returncode == 2
    assert "login_rules.yaml:2: no key \"member\" is known in a rule; valid here: selector, " in result.stderr


@pytest.mark.parametrize("line, why", [
    ("assign web1", "it needs a login-user"), ("assign web1 member-of=a/b", "no name of a cluster"),
    ("assign web1 keyfile=/none", "there is no keyfile /none"), ("assign web1 user=x", "is none of login-user=NAME"),
    ("assign state=running member-of=x", "only the nodes know their state"), ("assign", "nobody is here to ask"),
    ("assign web1 login-user=-oX", "no login-user")])
def test_assign_refuses_what_is_wrong(lab, line, why):
    result = lab.do(line)
    assert result.returncode == 2 and why in result.stderr, result.stderr
    assert not (lab.folder / "config" / "muster" / "login_rules.yaml").exists()


def test_ssh_logs_in_as_a_rule_says(lab):
    (lab.folder / "key").write_text("")
    ssh = lab.folder / "ssh"
    ssh.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {lab.folder}/words\nexit 255\n")
    ssh.chmod(0o755)
    (lab.folder / "far.conf").write_text("[cluster far]\nnodes = f1=ssh:host1, f2=ssh:bob@host2\n")
    lab.environment["MUSTER_SSH"] = str(ssh)
    for node, host in {"f1": "alice@host1", "f2": "bob@host2"}.items():
        lab.run("--config", "far.conf", "-c", f"assign {node} login-user=alice keyfile={lab.folder}/key",
                "-c", f"@{node} true")
        words = (lab.folder / "words").read_text().split("\n")
        assert host in words and words[words.index("-i") + 1] == f"{lab.folder}/key" and "IdentitiesOnly=yes" in words
