"""Clusters of hosts that have nothing of ours: real sshd, hosts in namespaces, each with a root of its own."""

import collections
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

import host_lab
from host_lab import eventually

BIN = pathlib.Path(os.environ["MUSTER_BIN_DIR"])
TESTS = BIN.parent / "tests"
LICENSES = "/usr/share/common-licenses"

IMPOSSIBLE = host_lab.why_impossible()
pytestmark = pytest.mark.skipif(bool(IMPOSSIBLE), reason=IMPOSSIBLE)


@pytest.fixture(name="lab", scope="module")
def fixture_lab():
    lab = host_lab.HostLab(["web1", "web2", "web3"], without_python=["web3"])
    lab.add_behind("web1", "far")
    yield lab
    lab.close()


@pytest.fixture(name="untouched", autouse=True)
def fixture_untouched(lab):
    """Every test leaves every host as it was."""
    lab.configure()
    before = {host.name: (host.own_files(), host.processes()) for host in lab.hosts.values()}
    yield
    for host in lab.hosts.values():
        files, processes = before[host.name]
        assert not host.own_files() ^ files, host.name
        # The sshd of a connection that has just ended may still be about to.
        eventually(lambda: host.processes() == processes)  # pylint: disable=cell-var-from-loop
        assert host.processes() == processes, host.name
    assert sorted(path.name for path in (lab.folder / "state/muster").glob("hosts")) == []


class Cluster:
    def __init__(self, lab, name="lab"):
        self.lab, self.name = lab, name

    def do(self, verb, *words, code=0):
        done = self.lab.run(TESTS / "host_cluster", verb, self.name, *words)
        assert done.returncode == code, done.stdout
        return done.stdout

    def start(self, count, *settings, code=0):
        return self.do("start", count, f"ssh_config={self.lab.ssh_config}", *settings, code=code)

    def shell(self, *lines, code=0):
        arguments = [word for line in lines for word in ("-c", line)]
        done = self.lab.run("env", f"MUSTER_CONFIG={self.configuration()}", BIN / "clustershell", *arguments)
        assert done.returncode == code, done.stdout
        return done.stdout

    def configuration(self):
        return self.lab.folder / "state/muster/clusters" / f"{self.name}.conf"


@pytest.fixture(name="cluster")
def fixture_cluster(lab):
    cluster = Cluster(lab)
    yield cluster
    # Whatever a test that failed left.
    lab.run(TESTS / "host_cluster", "delete", cluster.name)


def counted_by_tr(folder):
    total = collections.Counter()
    for entry in os.scandir(folder):
        if entry.is_file():
            script = r"""tr -cs 'A-Za-z' '\n' <"$1" | tr A-Z a-z | grep ."""
            total.update(subprocess.run(["sh", "-c", script, "sh", entry.path], stdout=subprocess.PIPE, check=False,
                                        env={"PATH": os.environ["PATH"], "LC_ALL": "C"}).stdout.split())
    most = sorted(total.items(), key=lambda item: (-item[1], item[0]))[:10]
    return "".join(f"{count:8d} {word.decode()}\n" for word, count in most)


def instances(host):
    return host.run("sh", "-c", "ls -d /home/ann/.cache/muster/i-* 2>/dev/null || :").split()


def test_the_hosts_have_nothing_of_ours(lab):
    for host in lab.hosts.values():
        ours = re.compile(r"bin/(clusterd|clusterd-[^/]*|muster[^/]*)$|/lib(grpc|protobuf|absl|cbor|ClusterAPI)[^/]*\.so[.\d]*$")
        assert [path for path in host.files() if ours.search(path)] == []


def test_three_hosts_become_a_cluster_and_count_words(lab, cluster):
    before = {host.name: host.files() for host in lab.hosts.values()}
    said = cluster.start(3, "hosts=web1,far,web2", "jump=web1")
    assert re.search(r"^compute001 running alive", said, re.M)
    assert cluster.shell("@* hostname; id -un").count("ann") == 3
    done = lab.run("env", f"MUSTER_CONFIG={cluster.configuration()}", BIN / "wordcount")
    assert (done.returncode, done.stdout) == (0, counted_by_tr(LICENSES))
    cluster.do("delete")
    for host in lab.hosts.values():
        assert host.files() == before[host.name]


def test_a_host_without_python_runs_commands_and_says_so(cluster):
    cluster.start(3, "hosts=web[1-3]")
    assert cluster.shell("@* hostname").count("web") == 3
    assert cluster.shell("nodes python=no") == "compute003\n"
    assert cluster.shell("py compute[001-002] 1+1").count("2\n") == 2
    assert "libpython3.11" in cluster.shell("py compute003 1+1", code=1)
    cluster.do("delete")


def test_what_runs_and_what_was_left_running_ends_with_the_cluster(lab, cluster):
    cluster.start(1, "hosts=web1")
    cluster.shell("@* setsid sleep 4711 >/dev/null 2>&1 </dev/null & sleep 0.2")
    assert any("sleep 4711" in line for line in lab.hosts["web1"].processes())
    running = lab.start("env", f"MUSTER_CONFIG={cluster.configuration()}", BIN / "clustershell", "-c",
                        "@* trap '' INT TERM; echo here; sleep 4712")
    assert "here" in running.stdout.readline()
    cluster.do("delete")
    running.communicate()
    assert not any("sleep 47" in line for line in lab.hosts["web1"].processes())


def test_the_second_start_sends_no_bundle(lab, cluster):
    cluster.start(1, "hosts=web1")
    bundle = lab.hosts["web1"].run("sh", "-c", "ls -di /home/ann/.cache/muster/b-*")
    second = Cluster(lab, "second")
    second.start(1, "hosts=web1")
    assert lab.hosts["web1"].run("sh", "-c", "ls -di /home/ann/.cache/muster/b-*") == bundle
    assert len(instances(lab.hosts["web1"])) == 2
    cluster.do("delete")
    assert second.shell("@* echo still here").startswith("compute001: still here")
    second.do("delete")


def test_one_cluster_has_two_nodes_on_a_host_that_is_listed_twice_only(lab, cluster):
    said = cluster.start(2, "hosts=web1", code=1)
    assert len(re.findall(r"^compute00\d running", said, re.M)) == 1
    assert "all 1 hosts have their node" in said
    cluster.do("delete")
    cluster.start(2, "hosts=web1,web1")
    assert len(instances(lab.hosts["web1"])) == 2
    cluster.do("delete")


def test_a_pause_ends_what_runs_and_keeps_the_place(lab, cluster):
    cluster.start(1, "hosts=web1")
    place = instances(lab.hosts["web1"])
    cluster.do("pause")
    assert not any("clusterd" in line for line in lab.hosts["web1"].processes())
    assert instances(lab.hosts["web1"]) == place
    cluster.do("resume")
    assert instances(lab.hosts["web1"]) == place
    assert cluster.shell("@* echo again").startswith("compute001: again")
    cluster.do("delete")


def test_a_host_that_is_down_is_told_and_costs_the_others_nothing(lab, cluster):
    lab.hosts["web2"].stop_sshd()
    try:
        said = cluster.start(2, "hosts=web1,web2", code=1)
        assert "compute001 running" in said
        assert re.search(r"compute002 failed web2: cannot be reached: .*Connection refused", said)
        cluster.do("delete")
        # With one to spare, that one is taken.
        cluster.start(2, "hosts=web1,web2,web3")
        assert len(instances(lab.hosts["web3"])) == 1
        cluster.do("delete")
    finally:
        lab.hosts["web2"].start_sshd()


def test_a_host_that_hangs_costs_no_more_than_its_time(lab, cluster):
    lab.hosts["web2"].freeze_sshd(True)
    try:
        begin = time.monotonic()
        said = cluster.start(2, "hosts=web1,web2", "connect_timeout=1", code=1)
        assert time.monotonic() - begin < 10 * host_lab.SLACK
        assert "compute001 running" in said
        assert re.search(r"compute002 failed web2: cannot be reached: .*timed out", said)
        cluster.do("delete", code=0)
    finally:
        lab.hosts["web2"].freeze_sshd(False)


def test_a_connection_that_is_refused_for_a_moment_is_tried_again(lab, cluster, monkeypatch):
    # In place of ssh: twice what it says when a host has too many at once, then ssh.
    ssh = lab.folder / "ssh"
    ssh.write_text(f"""#!/bin/sh
echo try >>{lab.folder}/tries
[ "$(wc -l <{lab.folder}/tries)" -gt 2 ] && exec ssh "$@"
echo "kex_exchange_identification: Connection closed by remote host" >&2
exit 255
""")
    ssh.chmod(0o755)
    monkeypatch.setitem(lab.extra, "MUSTER_SSH", str(ssh))
    cluster.start(1, "hosts=web1")
    cluster.do("delete")


def test_a_host_behind_another_is_reached_through_it(lab, cluster):
    cluster.start(1, "hosts=far", "jump=web1")
    assert cluster.shell("@* hostname").startswith("compute001: far")
    cluster.do("delete")


def test_a_key_that_nobody_accepts_is_told_in_the_words_of_ssh_and_tried_once(lab, cluster):
    lab.configure(key="foreign_key")
    log = lab.hosts["web1"].folder / "sshd.log"
    before = log.read_text().count("Connection closed by authenticating user ann")
    said = cluster.start(1, "hosts=web1", code=1)
    assert "web1: ssh does not get in: " in said and "Permission denied (publickey)" in said
    closed = "Connection closed by authenticating user ann"
    eventually(lambda: log.read_text().count(closed) > before)  # sshd writes after the client is gone
    assert log.read_text().count(closed) == before + 1
    lab.configure()
    cluster.do("delete")


def test_a_host_with_another_key_is_not_trusted(lab, cluster):
    foreign = (lab.folder / "foreign_key.pub").read_text()
    (lab.folder / "known_hosts").write_text(f"{lab.hosts['web1'].address} {foreign}")
    said = cluster.start(1, "hosts=web1", code=1)
    assert "web1: ssh does not get in: " in said and "Host key verification failed" in said
    lab.configure()
    cluster.do("delete")


def test_who_is_killed_in_the_middle_of_sending_leaves_what_delete_finds(lab, cluster):
    host = lab.hosts["web1"]
    process = lab.start(TESTS / "host_cluster", "start", "lab", "1", "hosts=web1", f"ssh_config={lab.ssh_config}",
                        start_new_session=True)
    sending = eventually(lambda: host.run("sh", "-c", "ls -d /home/ann/.cache/muster/i-*/new.* 2>/dev/null || :"))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert sending, "the bundle was there before it was seen on its way"
    said = cluster.do("delete")
    assert "status: ok" in said


def test_what_was_started_by_one_who_was_killed_is_found(lab, cluster):
    process = lab.start(TESTS / "host_cluster", "start", "lab", "1", "hosts=web1", f"ssh_config={lab.ssh_config}",
                        start_new_session=True)
    assert eventually(lambda: any("clusterd" in line for line in lab.hosts["web1"].processes()))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    found = lab.run(TESTS / "host_cluster", "find", "hosts=web[1-3]", f"ssh_config={lab.ssh_config}").stdout
    assert re.search(r"/lab/compute001/[0-9a-f]{16} web1/i-", found)
    cluster.do("recover")
    cluster.do("delete")


def test_a_daemon_that_does_not_start_is_told_and_undone(cluster):
    said = cluster.start(1, "hosts=web1", "slots=gpu=-7", code=1)
    assert "web1: the daemon does not start: " in said and "slots" in said
    cluster.do("delete")


def test_a_folder_of_ones_own_is_used_and_removed(lab, cluster):
    assert "letters, digits" in cluster.start(1, "hosts=web1", "folder=/var/tmp/on ly", code=1)
    cluster.start(1, "hosts=web1", "folder=/tmp/a/b/c")
    assert lab.hosts["web1"].run("ls", "/tmp/a/b/c").count("i-") == 1
    cluster.do("delete")


def test_twenty_starts_at_once_on_one_host_share_one_bundle(lab, cluster):
    hosts = ",".join(["web1"] * 20)
    begin = time.monotonic()
    cluster.start(20, f"hosts={hosts}")
    print(f"20 starts took {time.monotonic() - begin:.1f} s")
    assert lab.hosts["web1"].run("sh", "-c", "ls -d /home/ann/.cache/muster/b-*").count("\n") == 1
    assert lab.hosts["web1"].run("sh", "-c", "ls -a /home/ann/.cache/muster").count("lock") == 0
    cluster.do("delete")


def test_at_the_prompt_it_is_made_used_and_removed(lab):
    configuration = lab.folder / "home/.config/muster/cluster.conf"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(f"[provider hosts]\ntype = ssh\nhosts = web[1-3]\nssh_config = {lab.ssh_config}\n"
                             "[cluster three]\nprovider = hosts\nnodes.compute = 3\n")
    configuration.chmod(0o600)
    for words, expected in ((("cluster", "create", "three"), "three runs: compute[001-003]"),
                            (("-c", "use three", "-c", "@ hostname"), "compute002: web2"),
                            (("cluster", "delete", "three", "-y"), "three is deleted"),
                            (("cluster", "gc", "-y"), "nothing is left over")):
        done = lab.run(BIN / "clustershell", *words)
        assert done.returncode == 0 and expected in done.stdout, done.stdout
    configuration.unlink()


def test_a_program_in_python_starts_it_and_another_one_stops_it(lab):
    first = lab.folder / "first.py"
    first.write_text(f"""
import muster
provider = muster.SshCloudProvider(hosts="web[1-3]", ssh_config="{lab.ssh_config}")
cluster = muster.Cluster("py", provider, None, repository=muster.PickleRepository("{lab.folder}/store"))
cluster.add_node("frontend")
cluster.add_nodes("compute", 2)
cluster.start()
for node in cluster.get_all_nodes():
    stdin, stdout, stderr = node.connect().exec_command("hostname")
    print(node.name, stdout.read().decode().strip())
""")
    second = lab.folder / "second.py"
    second.write_text(f"""
import muster
muster.PickleRepository("{lab.folder}/store").get("py").stop()
""")
    done = lab.run("env", f"PYTHONPATH={BIN.parent}/python", "/usr/bin/python3", first)
    assert done.returncode == 0, done.stdout
    assert sorted(done.stdout.split()) == sorted("frontend001 web1 compute001 web2 compute002 web3".split())
    done = lab.run("env", f"PYTHONPATH={BIN.parent}/python", "/usr/bin/python3", second)
    assert (done.returncode, done.stdout) == (0, "")
