"""assign, and the rules that it writes: logins and clusters."""

import json

import pytest

from node_lab import fixture_daemons, fixture_lab  # pylint: disable=unused-import


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
