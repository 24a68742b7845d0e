"""StarCluster's plugin for users, on nodes whose accounts are files of the test."""

import os
import stat

from plugin_runs import fixture_lab, fixture_run  # noqa: F401

# For a node: useradd writes to its file, which getent reads; a uid is ours, so that chown is allowed.
USERADD = '#!/bin/sh\nfor name; do :; done\nmkdir -p {0}/$MUSTER_NODE/$name\necho "$@" >> {0}/$MUSTER_NODE/useradd\n'
GETENT = """#!/bin/sh
if [ $# = 1 ]; then exec /usr/bin/getent "$1"; fi
if [ -d {0}/$MUSTER_NODE/"$2" ]; then echo "$2:x:$(id -u):$(id -g)::{0}/$MUSTER_NODE/$2:/bin/sh"; exit 0; fi
[ "$1" = group ] && echo "$2:x:$2:" && exit 0
exit 2
"""
ELSEWHERE = '''\
from starcluster.plugins.users import CreateUsers
class Users(CreateUsers):
    def run(self, nodes, master, *rest):
        for node in nodes:
            node.address = "host:1"  # of a real cluster
        super(Users, self).run(nodes, master, *rest)
    def on_add_node(self, node, nodes, master, *rest):
        for one in nodes:
            one.address = "host:1"
        super(Users, self).on_add_node(node, nodes, master, *rest)
'''


def program(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_users_are_made_with_the_same_numbers_and_keys(run, lab, tmp_path):
    for name, text in (("useradd", USERADD), ("getent", GETENT)):
        program(lab[1] / "bin" / name, text.replace("{0}", str(tmp_path)))
    try:
        run.write("elsewhere.py", ELSEWHERE)
        keys = tmp_path / "keys"
        run.configure("users", "elsewhere.Users", USERNAMES="ann, bob", DOWNLOAD_KEYS="True",
                      DOWNLOAD_KEYS_DIR=str(keys))
        later = run.nodes.pop()
        assert run.call()["ok"]
        run.nodes.append(later)
        assert run.call()["ok"]
        made = [(tmp_path / name / "useradd").read_text().splitlines() for name in ("n1", "n2", "n3")]
        assert made[0] == made[1] and [line.split()[-1] for line in made[0]] == ["ann", "bob"]
        assert [line.split()[-1] for line in made[2]] == ["ann", "bob"]
        for name in ("ann", "bob"):
            assert (keys / f"{name}.rsa").read_text() == (tmp_path / "n1" / name / ".ssh/id_rsa").read_text()
            assert stat.S_IMODE(os.stat(keys / f"{name}.rsa").st_mode) == 0o600
            public = (tmp_path / "n1" / name / ".ssh/id_rsa.pub").read_text()
            for node in ("n1", "n2", "n3"):
                assert (tmp_path / node / name / ".ssh/authorized_keys").read_text() == public
    finally:
        for name in ("useradd", "getent"):
            (lab[1] / "bin" / name).unlink()


def test_this_machine_gets_none_and_settings_are_looked_at(run, capsys):
    run.configure("users", "starcluster.plugins.users.CreateUsers", num_users="2")
    assert run.call()["ok"]
    assert "*** WARNING - no users are made on n1, n2, n3: on this machine" in capsys.readouterr().out
    for settings, message in (({}, "there are no users to make"),
                              ({"num_users": "x"}, "num_users is 'x'; it has to be a whole number"),
                              ({"num_users": "3", "usernames": "a,b"}, "num_users is 3, and there are 2 usernames")):
        run.configure("users", "starcluster.plugins.users.CreateUsers", **settings)
        assert message in run.call("check")["message"]
