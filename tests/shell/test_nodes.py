"""What the prompt knows of nodes: numbers of the last table, tags, the working set."""

import os
import subprocess
import threading

import pytest

from conftest import LONG
from node_lab import fixture_daemons, fixture_lab, names  # pylint: disable=unused-import


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


@pytest.mark.skipif(bool(os.environ.get("MUSTER_TEST_SANITIZER")),
                    reason="Debian's Python cannot load a module that needs the sanitizer's runtime")
def test_programs_see_tags(lab):
    lab.do("tag web1 env=dev")
    (lab.folder / "which.py").write_text(
        "import ClusterAPI\nprint([str(n.name) for n in ClusterAPI.connect().on('tags=env:dev').nodes()])\n")
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
                      "a='b c'": "no blanks", "a:b=c": "holds a ':'", "a=1 a=2": "given twice", "';a=b'": "a comment",
                      "a=\u202eb": "no visible", f"a={'x' * 300}": "256 bytes"}.items():
        result = lab.do(f"tag web2 {word}")
        assert result.returncode == 2 and why in result.stderr, (word, result.stderr)
        assert len(result.stderr) < 500
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


def test_use_takes_another_cluster_of_the_configuration(lab):
    lab.write(["web1", "web2"], f"[cluster spare]\nnodes = db1=unix:{lab.sockets}/db1.sock\n")
    result = lab.run("--cluster", "lab", "-c", "use spare", "-c", "@ echo here", "-c", "use", "-c", "tag db1 a=b",
                     "-c", "use *", "-c", "nodes", "-c", "use lab", "-c", "nodes")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "db1: here\nspare: db1\nclusters: lab, spare\nweb[1-2]\nweb[1-2]\n"
    # A number is still that of the table of the first one.
    result = lab.run("--cluster", "lab", "-c", "use spare", "-c", "@1 echo here")
    assert (result.returncode, result.stdout) == (3, "") and "nothing was done" in result.stderr
    result = lab.run("--cluster", "lab", "-c", "use spare", "-c", "show -o json", "-c", "@1 echo here")
    assert result.returncode == 0 and result.stdout.endswith("db1: here\n") and '"a:b"' in result.stdout


def test_bare_at_takes_the_running_nodes(lab):
    for line in ["@ echo here", "@* echo here"]:
        result = lab.do(line)
        assert result.returncode == 0 and result.stdout.count("here") == 3
        assert "gone1: skipped: " in result.stderr
    assert lab.do("@gone1,web1 echo here").returncode == 4  # it was named
    result = lab.do("use gone1", "@ echo here")
    assert (result.returncode, result.stdout) == (4, "")
