"""Plugins in the styles of those that people wrote for StarCluster, through the door."""

import pytest
from plugin_runs import calls_of, fake, fixture_lab, fixture_run  # noqa: F401

PYTHON_2 = '''\
# Written for Python 2: nothing of this is Python 3.
import string, ConfigParser, urllib2
from StringIO import StringIO
from starcluster.clustersetup import ClusterSetup
from starcluster.logger import log
from starcluster import exception

class Hosts(ClusterSetup):
    def __init__(self, folder, tasks="2"):
        self.folder = folder
        self.tasks = {u"tasks": int(tasks), ur"raw\\d": 0755}
    def run(self, nodes, master, user, shell, volumes):
\tif self.tasks.has_key("tasks") and master.alias <> "none":
            log.info("mixed tabs")
        hosts = master.ssh.remote_file(self.folder + "/hosts")
        for node in filter(lambda n: not n.is_master(), nodes):
            print >> hosts, "%s slots=%d" % (node.alias, self.tasks["tasks"])
        print >>hosts, "end",
        names = map(lambda n: n.alias, nodes)
        log.info("%d %s" % (len(names), `names[0]`))
        try:
            master.ssh.execute("exit 4")
        except exception.RemoteCommandFailed, e:
            log.info("status %d" % e.exit_status)
        for key, value in self.tasks.iteritems():
            if isinstance(key, basestring) and not isinstance(value, (int, long)):
                raise exception.PluginError, "no number"
        buffer = StringIO()
        print >> buffer, unicode("x"), sum(xrange(3)), string.lowercase[:2], sorted(self.tasks.keys())[0]
        log.info(buffer.getvalue().strip())
        print "done"
'''


def test_a_plugin_of_python_2_is_converted_and_its_file_stays(run, tmp_path, capsys):
    path = run.write("hosts.py", PYTHON_2)
    before = path.read_bytes()
    run.configure("hosts", "hosts.Hosts", folder=str(tmp_path), tasks="3")
    assert run.call()["ok"]
    assert capsys.readouterr().out.splitlines()[1:] == [
        ">>> mixed tabs", ">>> 3 'n1'", ">>> status 4", ">>> x 3 ab raw\\d", "done"]
    assert (tmp_path / "hosts").read_text().split() == ["n2", "slots=3", "n3", "slots=3", "end"]
    assert path.read_bytes() == before and not list(run.plugins.glob("__pycache__"))


POOL = '''\
from starcluster.clustersetup import DefaultClusterSetup
from starcluster.utils import print_timing
from starcluster.logger import log

class Updater(DefaultClusterSetup):
    def __init__(self):
        super(Updater, self).__init__()
    def _update(self, node):
        node.ssh.execute("apt-get -y update")
    @print_timing("Updating")
    def run(self, nodes, master, user, user_shell, volumes):
        for node in nodes:
            self.pool.simple_job(self._update, (node), jobid=node.alias)
        self.pool.wait(len(nodes))
        names = filter(None, [node.alias for node in nodes])
        log.info("updated " + str(len(names)))
    def on_add_node(self, new_node, nodes, master, user, user_shell, volumes):
        self._nodes = nodes
        log.info("%s joins %s" % (new_node.alias, [node.alias for node in self.nodes]))
        self._update(new_node)
    def on_remove_node(self, remove_node, nodes, master, user, user_shell, volumes):
        log.info("%s leaves %d" % (remove_node.alias, len(nodes)))
'''


def test_a_plugin_with_a_pool_and_names_of_its_own(run, lab, capsys):
    calls = fake(lab[1] / "bin", "apt-get")
    run.write("updater.py", POOL)
    run.configure("updater", "updater.Updater")
    run.nodes, later = run.nodes[:2], run.nodes[2:]
    assert run.call()["ok"]
    run.nodes += later
    assert run.call()["ok"] and run.call("leave", reason="remove", leaving=["n3"])["ok"]
    out = capsys.readouterr().out
    assert ">>> Updating took 0.00" in out and ">>> updated 2" in out
    assert ">>> n3 joins ['n2', 'n3']" in out and ">>> n3 leaves 3" in out
    assert calls_of(calls) == [f"n{number}: <-y> <update>" for number in (1, 2, 3)]


SCRIPT = '''\
import os, posixpath
from starcluster import clustersetup, threadpool, utils, static
from starcluster.templates import sge
from starcluster.plugins.sge import SGEPlugin
from starcluster.logger import log, INFO_NO_NEWLINE

class Script(SGEPlugin):
    def __init__(self, **kwargs):
        self.script = kwargs["script"]
        super(Script, self).__init__(**{})
    def run(self, nodes, master, user, user_shell, volumes):
        home = master.getpwnam("root").pw_dir
        assert posixpath.isabs(home) and volumes == {} and user == "ubuntu" and user_shell == "bash"
        lines = master.ssh.execute("""
        # several lines, of which the last one counts
        cd %s
        false
        sh run.sh
        """ % os.path.dirname(self.script))
        for line in lines:
            log.info(line, extra=dict(__raw__=True))
        super(Script, self).run(nodes, master, user, user_shell, volumes)
'''


def test_a_plugin_that_extends_one_of_starclusters_own(run, tmp_path, capsys):
    (tmp_path / "run.sh").write_text("echo from the script\n")
    run.write("deep/__init__.py", "")
    run.write("deep/script.py", SCRIPT)
    run.configure("script", "deep.script.Script", SCRIPT=str(tmp_path / "run.sh"))
    assert run.call()["ok"]
    out = capsys.readouterr().out
    assert "\nfrom the script\n" in out and "*** WARNING - Script is not set up: Muster installs no Grid Engine" in out


SWITCH = '''\
from starcluster.clustersetup import ClusterSetup
from starcluster.logger import log

class Engines(ClusterSetup):
    """Starts engines as the user."""
    def __init__(self, user_id, count: int = 2, fast: bool = False, names: list[str] = ()):
        super().__init__()
        self.userId, self.count, self.fast, self.names = user_id, count, fast, names
    def run(self, nodes, master, user, shell, volumes):
        mssh = master.ssh
        mssh.switch_user(self.userId)
        log.info("%s %r %r %s" % (mssh.execute("id -un")[0], self.count, self.fast, "+".join(self.names)))
        raise ValueError("as somebody else")
    def on_add_node(self, node, nodes, master, user, shell, volumes):
        log.info(node.ssh.execute("id -un")[0])
'''


@pytest.mark.skipif("__import__('os').getuid() != 0", reason="only root's clusterd may become others")
def test_settings_are_what_annotations_want_and_a_hook_ends_as_the_daemons_user(run, capsys):
    run.write("engines.py", SWITCH)
    run.configure("engines", "engines.Engines", User_Id="nobody", count="0x10", fast="yes", names="a, b")
    answer = run.call()
    assert not answer["ok"]
    assert answer["message"] == ("plugin engines: run failed ValueError: as somebody else (engines.py, line 13, in run)")
    run.call("run", plugin="engines", hook="on_add_node", only=["n1"])
    out = capsys.readouterr().out.splitlines()
    assert ">>> nobody 16 True a+b" in out and ">>> root" in out


HELPERS = '''\
import hosts_helper, thread
from threading import Thread
from starcluster import threadpool
from starcluster.clustersetup import ClusterSetup
import starcluster.logger

class Threads(ClusterSetup):
    def run(self, nodes, master, user, user_shell, volumes):
        pool = threadpool.get_thread_pool(5)
        threads = [Thread(target=node.ssh.execute, args=("echo %s > /dev/null" % node.alias,)) for node in nodes]
        [t.start() for t in threads]
        [t.join() for t in threads]
        starcluster.logger.log.info(" ".join(sorted(pool.map(hosts_helper.name_of, nodes))))
'''


@pytest.mark.parametrize("place", ["", "deep/"])
def test_a_plugin_finds_the_modules_beside_it(run, capsys, place):
    run.write(place + "__init__.py", "")  # some have one in the folder of plugins itself
    run.write(place + "hosts_helper.py", "def name_of(node):\n    print >> open('/dev/null', 'w'), 1\n    return node.alias\n")
    run.write(place + "threads.py", HELPERS)
    run.configure("threads", f"starcluster.plugins.{place.replace('/', '.')}threads.Threads")
    assert run.call()["ok"]
    assert ">>> n1 n2 n3" in capsys.readouterr().out


def test_a_file_of_a_plugin_takes_no_modules_place(run):
    run.write("json.py", "import json, string\nfrom muster.plugins import ClusterSetup\nassert json.dumps([1]) == '[1]'\n"
                         "class Mine(ClusterSetup):\n    def run(self, *arguments): assert string.digits\n")
    run.write("string.py", "raise AssertionError('somebody wanted string')\n")
    run.configure("mine", "json.Mine")
    assert run.call()["ok"]
    import json
    assert json.loads("[1]") == [1]


ACCOUNTS = '''\
import os
import posixpath
from starcluster import utils, static, exception, clustersetup
from starcluster.logger import log

class Accounts(clustersetup.DefaultClusterSetup):
    """Makes accounts, and opens ports where there is a cloud."""
    KEYS = os.path.join(static.STARCLUSTER_CFG_DIR, 'keys')

    def __init__(self, num=None, names=None, batch_file='/root/.accounts'):
        if not num and not names:
            raise exception.BaseException("you must provide num or names")
        self._names = [n.strip() for n in (names or '').split(',')] or ['user%.3d' % i for i in range(int(num))]
        self._file = batch_file
        super(Accounts, self).__init__()

    def _lines(self, master, shell):
        if master.ssh.isfile(self._file):
            batch = master.ssh.remote_file(self._file, 'r')
            lines = batch.read()
            batch.close()
            return lines
        uid, gid = self._get_max_unused_user_id()
        line = "%(name)s:%(password)s:%(uid)d:%(gid)d::/home/%(name)s:%(shell)s\\n"
        ctx = dict(shell=master.ssh.which(shell)[0], gid=gid)
        lines = ''
        for i, name in enumerate(self._names):
            ctx.update(name=name, uid=uid + i, password=utils.generate_passwd(8))
            lines += line % ctx
        if not master.ssh.isdir(posixpath.dirname(self._file)):
            master.ssh.makedirs(posixpath.dirname(self._file))
        batch = master.ssh.remote_file(self._file, 'w')
        batch.write(lines)
        batch.close()
        master.ssh.chmod(0600, self._file)
        return lines

    def run(self, nodes, master, user, user_shell, volumes):
        self._nodes, self._master = nodes, master
        lines = self._lines(master, user_shell)
        for node in nodes:
            self.pool.simple_job(node.ssh.execute, ("echo '%s' | newusers -r" % lines), jobid=node.alias)
        self.pool.wait(numtasks=len(nodes))
        bar = self.pool.progress_bar.reset()
        bar.maxval = len(self._names)
        for i, name in enumerate(self._names):
            try:
                master.add_user_to_group(name, 'no-such-group')
            except exception.BaseException, e:
                log.debug("%s" % e.msg)
            bar.update(i + 1)
        bar.finish()
        self._setup_scratch(nodes, self._names)
        group = master.cluster_groups[0]
        if not master.ec2.has_permission(group, 'tcp', 80, 80, '0.0.0.0/0'):
            master.ec2.conn.authorize_security_group(group_id=group.id)
        log.info("%s-%s.tar.gz" % (group.name.replace('@sc-', ''), master.region.name), extra=dict(__textwrap__=True))

    def on_remove_node(self, node, nodes, master, user, user_shell, volumes):
        raise NotImplementedError("on_remove_node method not implemented")
'''


def test_a_plugin_that_makes_accounts(run, lab, tmp_path, capsys):
    calls = fake(lab[1] / "bin", "newusers")
    run.write("accounts.py", ACCOUNTS)
    run.configure("accounts", "accounts.Accounts", NAMES="ann, bob", BATCH_FILE=f"{tmp_path}/deep/accounts")
    assert run.call()["ok"] and run.call("leave", reason="remove", leaving=["n3"])["ok"]
    assert calls_of(calls) == [f"n{number}: <-r>" for number in (1, 2, 3)]
    lines = (tmp_path / "deep/accounts").read_text().splitlines()
    assert [line.split(":")[0] for line in lines] == ["ann", "bob"] and lines[0].split(":")[6].endswith("/bash")
    assert (tmp_path / "deep/accounts").stat().st_mode & 0o777 == 0o600
    assert int(lines[1].split(":")[2]) == int(lines[0].split(":")[2]) + 1 >= 1001
    assert ">>> lab-local.tar.gz" in capsys.readouterr().out
    run.configure("accounts", "accounts.Accounts")
    assert "Plugin accounts: Accounts() raised BaseException: you must provide num or names" in run.call("check")["message"]
