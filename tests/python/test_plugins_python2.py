"""What plugins meant that Python 3 reads another way, and what they ask of a cloud or expect of a login."""

import os
import subprocess
import sys

import pytest
from plugin_runs import fixture_lab, fixture_run  # noqa: F401

MEANT = '''\
import string
import subprocess as programs
from starcluster.clustersetup import ClusterSetup

class Meant(ClusterSetup):
    share = 9
    def __init__(self, folder):
        self.folder = folder
    def run(self, nodes, master, user, user_shell, volumes):
        self.share /= 2
        half = {"of": 7}
        half["of"] /= 2
        print "halves", len(nodes) / 2, 7 / 2.0, self.share, half["of"]
        print string.join(["a", "b"], "-"), string.upper("q"), string.atoi("12"), string.split("c d")[1]
        print programs.check_output(["echo", "of a program"]).split(" ")[2].strip()
        copied = master.ssh.remote_file(self.folder + "/copy")
        copied.write(open(self.folder + "/bytes").read())
        copied.close()
        print [line for line in open(self.folder + "/lines", "rU")]
'''


def test_whole_numbers_texts_and_files_are_those_of_python_2(run, tmp_path, capsys):
    (tmp_path / "bytes").write_bytes(bytes(range(256)) + b"\r\n\xff")
    (tmp_path / "lines").write_bytes(b"one\r\ntwo\r")
    run.write("meant.py", MEANT)
    run.configure("meant", "meant.Meant", folder=str(tmp_path))
    assert run.call()["ok"]
    assert capsys.readouterr().out.splitlines()[1:] == [
        "halves 1 3.5 4 3", "a-b Q 12 d", "program", "['one\\n', 'two\\n']"]
    assert (tmp_path / "copy").read_bytes() == bytes(range(256)) + b"\r\n\xff"


@pytest.mark.parametrize("text, half", [
    ("from starcluster.logger import log\nassert not {}.has_key(1)", "3"),  # Python 3 reads it, and cannot run it
    ("import StringIO", "3"),
    ("from __future__ import division\nprint >> None, 1", "3.5"),
    ("from starcluster.logger import log\ntry:\n    unicode\nexcept NameError:\n    unicode = str\nunicode(1)", "3.5"),
    ("from starcluster.logger import log\nfor key in {}.keys():\n    pass", "3.5"),
])
def test_only_what_is_python_2_for_sure_divides_so(run, capsys, text, half):
    lines = text.replace("print >> None, 1", "import sys; print >> sys.stderr, 1")
    run.write("half.py", lines + '\nfrom starcluster.clustersetup import ClusterSetup\nclass Half(ClusterSetup):\n'
              '    def run(self, nodes, *rest):\n        import sys\n        sys.stdout.write("%s\\n" % (7 / 2))\n')
    run.configure("half", "half.Half")
    assert run.call()["ok"]
    assert capsys.readouterr().out.splitlines()[-1] == half


CLOUD = '''\
import json
from starcluster.clustersetup import DefaultClusterSetup
from starcluster.exception import AWSError
from starcluster.plugins.ipcluster import _authorize_port
from starcluster.config import get_easy_ec2
class Cloud(DefaultClusterSetup):
    def run(self, nodes, master, user, user_shell, volumes):
        super().run(nodes, master, user, user_shell, volumes)
        print(master.instance.id, self._get_new_user_id("nobody-of-that-name") == self._get_max_unused_user_id())
        for ask in (lambda: master.instance.get_attribute("groupSet"), lambda: master.ec2._conn.region,
                    lambda: get_easy_ec2().conn.associate_address("i", "1.2.3.4")):
            try:
                ask()
            except AWSError as error:
                print(str(error).partition(";")[0])
        _authorize_port(master, (1000, 65535), "anything")
        print(master.shell(user=master.ssh.get_current_user(), command="echo shown; exit 3", forward_agent=True))
        json.loads(master.alias)
'''


def test_what_a_cloud_would_have_to_answer_is_told_by_its_name(run, capsys):
    run.write("cloud.py", CLOUD)
    run.configure("cloud", "cloud.Cloud")
    answer = run.call()
    none = "there is no provider for Amazon's cloud here"
    assert capsys.readouterr().out.splitlines()[1:] == [
        "i-n1 True", f"node.instance.get_attribute: {none}", f"ec2._conn: {none}", f"ec2.conn: {none}", "shown", "3"]
    assert answer["message"].endswith("(cloud.py, line 18, in run)"), "the place is the plugin's, not the library's"


BEGINS = """
import ClusterAPI
from muster.plugins.cluster import nodes_of
with ClusterAPI.local(1) as cluster:
    ssh = nodes_of(cluster)[0].ssh
    ssh.remote_file("written").close()
    ssh.put("there", "copied")
    print(ssh.execute("pwd; ls") + ssh.execute("pwd #" + "x" * 70000))
"""


@pytest.mark.parametrize("begins", ["/", "elsewhere"])
def test_commands_begin_at_home_where_clusterd_begins_at_the_root(tmp_path, begins):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for folder in (home, elsewhere):
        folder.mkdir()
    (tmp_path / "there").write_text("there")
    folder = "/" if begins == "/" else str(elsewhere)
    script = BEGINS.replace('"there"', repr(str(tmp_path / "there")))
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True,
                          check=False, timeout=60,
                          env={**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(tmp_path / "state")})
    place = str(home if begins == "/" else elsewhere)
    assert (done.stdout, done.stderr) == (f"{[place, 'copied', 'written', place]}\n", "")
