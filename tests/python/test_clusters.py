"""Clusters that come and go, from Python: real daemons on this machine."""

import logging
import os
import signal
import subprocess
import sys
import threading

import muster
import pytest
from conftest import eventually, processes_with


def lab(name="lab", **more):
    return muster.Cluster(name, muster.LocalCloudProvider(), None, "key", "~/none.pub", "~/none", **more)


@pytest.fixture(name="running")
def fixture_running(state):
    """Two frontends and two computes that run."""
    cluster = lab()
    cluster.add_node("frontend")
    cluster.add_nodes("compute", 2)
    cluster.start()
    yield cluster
    cluster.stop()


# ---- Nodes ----

def test_nodes_are_called_after_their_kind_and_numbers_that_were_freed_come_first(state):
    cluster = lab()
    nodes = cluster.add_nodes("compute", 3)
    assert [node.name for node in nodes] == ["compute001", "compute002", "compute003"]
    cluster.remove_node(nodes[1])
    assert [cluster.add_node("compute").name for _ in range(2)] == ["compute002", "compute004"]
    assert cluster.add_node("a-b").name == "a-b001"
    assert cluster.add_node("compute", name="special").name == "special"


@pytest.mark.parametrize("kind", ["compute1", "comp_ute", "", "Big", "a b"])
def test_a_kind_that_cannot_be_one_is_refused(state, kind):
    with pytest.raises(ValueError, match="cannot be a kind of node"):
        lab().add_node(kind)


def test_what_is_said_of_a_node_is_kept(state):
    cluster = lab(zone="z1")
    node = cluster.add_node("compute", "ami-1", "me", "m1.tiny", "all", image_userdata="#!", volumes=[1, 2])
    assert (node.image_id, node.image_user, node.flavor, node.security_group, node.image_userdata, node.extra) == (
        "ami-1", "me", "m1.tiny", "all", "#!", {"volumes": [1, 2]})
    assert (node.kind, node.cluster_name, node.instance_id, node.ips, node.state) == ("compute", "lab", None, [], "defined")
    assert (cluster.extra, cluster.user_key_name) == ({"zone": "z1"}, "key")
    assert cluster.user_key_private == os.path.expanduser("~/none")
    assert "zone" in cluster.to_dict()["extra"] and "nodes" in cluster.keys() and cluster["name"] == "lab"
    assert node["flavor"] == "m1.tiny" and "compute001" in node.pprint() and "compute001" in str(node)
    with pytest.raises(TypeError, match="plain data"):
        cluster.add_node("compute", what=object())


def test_the_lists_are_the_callers_own_and_the_nodes_are_the_same(state):
    cluster = lab()
    node = cluster.add_node("frontend")
    cluster.add_nodes("compute", 2)
    cluster.get_all_nodes().clear()
    assert [it.name for it in cluster.get_all_nodes()] == ["frontend001", "compute001", "compute002"]
    assert cluster.get_all_nodes()[0] is node and cluster.nodes["frontend"] == [node]
    assert cluster.get_node_by_name("frontend001") is node
    with pytest.raises(LookupError, match="has no node frontend009; it has: frontend001"):
        cluster.get_node_by_name("frontend009")
    cluster.remove_node(node)
    assert (node.name, node.kind, node.is_alive()) == ("frontend001", "frontend", False)
    assert list(cluster.nodes) == ["compute"]


def test_the_node_to_log_in_to(state):
    cluster = lab()
    with pytest.raises(muster.NodeNotFound):
        cluster.get_ssh_to_node()
    cluster.add_nodes("compute", 2)
    assert cluster.get_ssh_to_node().name == "compute001"
    cluster.add_node("master")
    cluster.add_node("login")
    assert cluster.get_ssh_to_node().name == "login001"
    assert cluster.get_ssh_to_node("master").name == "master001"
    assert cluster.get_ssh_to_node("compute002").name == "compute002"


def test_the_later_form_of_the_constructor_is_understood(state):
    provider = muster.LocalCloudProvider()
    for cluster in (muster.Cluster("a", "key", "~/a.pub", "~/a", provider),
                    muster.Cluster("a", user_key_name="key", user_key_public="~/a.pub", user_key_private="~/a",
                                   cloud_provider=provider)):
        assert cluster.cloud_provider is provider
        assert (cluster.user_key_name, cluster.user_key_public) == ("key", os.path.expanduser("~/a.pub"))
    with pytest.raises(muster.ConfigurationError, match="cannot be the name of a cluster"):
        muster.Cluster("no name", provider)


# ---- Life ----

def test_a_cluster_starts_runs_things_and_leaves_nothing(state):
    cluster = lab()
    cluster.add_nodes("compute", 3)
    report = cluster.start()
    assert [(node.node, node.ok) for node in report] == [(f"compute00{i}", True) for i in (1, 2, 3)]
    assert all(node.is_alive() for node in cluster.get_all_nodes())
    with cluster.cluster() as api:
        assert len(set(api.run(os.getpid).values())) == 3
        assert len(api.on("tags=kind:compute").nodes()) == 3
    daemons = processes_with(str(state))
    assert daemons
    before = [node.instance_id for node in cluster.get_all_nodes()]
    assert all(node.ok for node in cluster.start())  # nothing is begun twice
    assert before == [node.instance_id for node in cluster.get_all_nodes()]
    cluster.stop()
    assert processes_with(str(state)) == []
    assert [node.state for node in cluster.get_all_nodes()] == ["defined"] * 3
    assert not any((state / "state/muster/instances").glob("*/*"))
    with pytest.raises(muster.ClusterNotFound):
        muster.SqliteRepository().get("lab")
    cluster.stop()  # it is stopped


def test_nodes_that_are_started_one_by_one_come_alive_one_by_one(state):
    cluster = lab()
    cluster.add_nodes("compute", 3)
    nodes = cluster.get_all_nodes()
    seen = []
    for node in nodes:
        assert not node.is_alive()
        node.start()
        assert eventually(node.is_alive)
        seen.append([it.name for it in nodes if it.is_alive()])
    assert seen == [["compute001"], ["compute001", "compute002"], ["compute001", "compute002", "compute003"]]
    cluster.stop()


def test_a_command_on_a_node_is_used_as_with_paramiko(running):
    with running.get_ssh_to_node().connect() as connection:
        stdin, stdout, stderr = connection.exec_command("read a; echo got $a; cat; echo wrong >&2; exit 3")
        stdin.write("one\n")
        assert stdout.readline() == "got one\n"
        stdin.write(b"two\nthree")
        stdin.close()
        assert stdout.read(2) == b"tw"
        assert stdout.readlines() == ["o\n", "three"]
        assert stderr.read() == b"wrong\n"
        assert (stdout.channel.recv_exit_status(), stdout.channel.reason) == (3, "failed: exit code 3")
        _, stdout, _ = connection.exec_command("kill -9 $$")
        assert stdout.channel.recv_exit_status() == -1 and stdout.channel.reason.startswith("signalled")
        _, stdout, _ = connection.exec_command("sleep 60", timeout=0.2)
        assert stdout.channel.recv_exit_status() == -1 and stdout.channel.reason.startswith("timed_out")
        _, stdout, _ = connection.exec_command("echo $WHAT; tty", get_pty=True, environment={"WHAT": "a b"})
        assert stdout.read().startswith(b"a b\r\n/dev/pts/")


def test_a_node_that_does_not_run_gives_no_connection(state):
    node = lab().add_node("compute")
    assert node.connect() is None
    assert "has no address" in node.connection_error


def test_a_cluster_is_paused_and_goes_on(running):
    names = [node.name for node in running.get_all_nodes()]
    running.pause()
    assert {node.state for node in running.get_all_nodes()} == {"paused"}
    assert not any(node.is_alive() for node in running.get_all_nodes())
    running.resume()
    assert [node.name for node in running.get_all_nodes() if node.is_alive()] == names


def test_a_cluster_grows_and_shrinks_and_what_lives_is_not_touched(running):
    before = {node.name: node.instance_id for node in running.get_all_nodes()}
    added = running.resize(compute=+2)
    assert [node.name for node in added] == ["compute003", "compute004"]
    assert all(node.is_alive() for node in running.get_all_nodes())
    running.resize(compute=-3)
    assert [node.name for node in running.get_all_nodes()] == ["frontend001", "compute001"]
    assert running.get_node_by_name("compute001").instance_id == before["compute001"]
    running.resize(compute=-1)
    assert list(running.nodes) == ["frontend"]  # none is a number, too
    with pytest.raises(muster.ConfigurationError, match="there are 0"):
        running.resize(compute=-1)
    assert [node.name for node in running.resize(compute=+1)] == ["compute001"]


def test_a_cluster_does_not_grow_by_a_kind_that_it_never_had(running):
    before = running.to_dict()
    for change in (+1, -1):
        with pytest.raises(ValueError, match="lab has no kind 'computer'; it has: frontend, compute; did you mean compute"):
            running.resize(frontend=-1, computer=change)
    with pytest.raises(ValueError, match=r"no kind 'gpu'; .*; add_node\('gpu'\) makes the first node of a new kind"):
        running.resize(gpu=+1)
    assert running.to_dict() == before  # nothing was removed either


def test_a_kind_of_which_none_is_left_grows_as_it_was(state):
    cluster = lab()
    cluster.add_node("frontend")
    cluster.add_node("compute", "ami-1", flavor="big", zone="z1")
    cluster.start()
    cluster.resize(compute=-1)
    (node,) = cluster.resize(compute=+1)
    assert (node.image_id, node.flavor, node.extra) == ("ami-1", "big", {"zone": "z1"})
    cluster.stop()


def test_a_node_that_is_removed_stops_only_when_asked(running):
    kept, stopped = running.nodes["compute"]
    running.remove_node(stopped, stop=True)
    assert not eventually(lambda: not processes_with(kept.instance_id), 0.1)
    assert eventually(lambda: not processes_with(stopped.instance_id))
    assert [node.name for node in running.get_all_nodes()] == ["frontend001", "compute001"]


def test_what_died_is_noticed_and_started_again(running):
    node = running.get_node_by_name("compute001")
    for pid in processes_with(node.instance_id):
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not node.is_alive())
    running.update()
    assert node.last_error
    running.start()
    assert node.is_alive()


class Refusing(muster.LocalCloudProvider):
    """The local provider, with nodes that do not start."""

    refused = ("lab-compute003",)

    def start_instance(self, *args, node_name="", **kwargs):
        if node_name in self.refused:
            raise muster.InstanceError("the host is full")
        return super().start_instance(*args, node_name=node_name, **kwargs)


@pytest.mark.parametrize("wanted", [3, 4])
def test_of_four_nodes_one_does_not_start(state, wanted):
    cluster = muster.Cluster("lab", Refusing())
    cluster.add_nodes("compute", 4)
    if wanted == 3:
        cluster.start(min_nodes={"compute": 3})
    else:
        with pytest.raises(muster.ClusterSizeError, match="compute003") as caught:
            cluster.start(min_nodes={"compute": 4})
        assert caught.value.report == cluster.report
    assert [(node.node, node.ok) for node in cluster.report] == [
        ("compute001", True), ("compute002", True), ("compute003", False), ("compute004", True)]
    assert "Refusing.start_instance of compute003: muster.exceptions.InstanceError: the host is full" in cluster.report[2].text
    assert [node.name for node in cluster.get_all_nodes() if node.is_alive()] == ["compute001", "compute002", "compute004"]
    Refusing.refused, before = (), Refusing.refused
    cluster.start()
    Refusing.refused = before
    assert all(node.is_alive() for node in cluster.get_all_nodes())
    cluster.stop()


def test_steps_are_logged_by_the_name_of_the_node(state, caplog):
    assert muster.log.name == "gc3.elasticluster"
    muster.log.setLevel(logging.getLevelName("INFO"))
    cluster = muster.Cluster("lab", Refusing())
    cluster.add_nodes("compute", 3)
    with pytest.raises(muster.ClusterSizeError):
        cluster.start()
    cluster.stop()
    said = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == muster.log.name]
    assert ("INFO", "lab: compute001: starting") in said
    assert any(level == "ERROR" and text.startswith("lab: compute003: ") and "full" in text for level, text in said)
    assert ("INFO", "lab: compute001: stopped") in said
    assert len(said) == len(set(said))
    muster.log.setLevel(logging.NOTSET)


def test_a_cluster_is_used_by_several_threads(state):
    cluster = lab()
    cluster.add_nodes("compute", 3)
    told = []
    threads = [threading.Thread(target=lambda: told.append(cluster.start())) for _ in range(1)]
    threads += [threading.Thread(target=lambda: [cluster.to_dict() for _ in range(100)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [node.ok for node in told[0]] == [True] * 3
    cluster.stop()


def test_elasticluster_is_this_package():
    import elasticluster
    import elasticluster.cluster
    import elasticluster.exceptions
    import elasticluster.repository
    from elasticluster.providers import AbstractCloudProvider, AbstractSetupProvider
    from elasticluster.providers.ansible_provider import AnsibleSetupProvider
    from elasticluster.providers.ec2_boto import BotoCloudProvider
    from elasticluster.providers.gce import GoogleCloudProvider
    from elasticluster.providers.openstack import OpenStackCloudProvider
    for name in muster.__all__:
        assert getattr(elasticluster, name) is getattr(muster, name)
    assert elasticluster.cluster.Cluster is muster.Cluster and elasticluster.cluster.Node is muster.Node
    assert elasticluster.exceptions.NodeNotFound is muster.NodeNotFound
    assert elasticluster.repository.PickleRepository is muster.PickleRepository
    assert (AbstractCloudProvider, AbstractSetupProvider) == (muster.AbstractCloudProvider, muster.AbstractSetupProvider)
    for later in (BotoCloudProvider, OpenStackCloudProvider, GoogleCloudProvider):
        with pytest.raises(NotImplementedError, match="comes later; now there are LocalCloudProvider, SshCloudProvider"):
            later("http://uzh.ch/services/Cloud", "nova", "access_key", "secret_key")
    with pytest.raises(NotImplementedError, match="comes later; now there are ScriptSetupProvider"):
        AnsibleSetupProvider({})
    assert issubclass(muster.ClusterNotFound, LookupError) and issubclass(muster.NodeNotFound, LookupError)
    assert issubclass(muster.TimeoutError, TimeoutError) and issubclass(muster.ClusterSizeError, muster.ClusterError)


@pytest.mark.parametrize("count", [-1, 100001, 10**30])
def test_a_number_of_nodes_that_cannot_be_is_refused(state, count):
    with pytest.raises(ValueError, match="0 to 100000"):
        lab().add_nodes("compute", count)


def test_a_forced_stop_that_was_not_even_tried_is_an_error(running):
    """Another program changes the cluster: nothing was stopped, and nothing is forgotten."""
    holder = subprocess.Popen([sys.executable, "-c", "import fcntl, os, sys, time\n"
                               "file = open(sys.argv[1], 'r+')\nfcntl.flock(file, fcntl.LOCK_EX)\n"
                               "file.truncate(0); file.write(f'{os.getpid()}\\n'); file.flush()\n"
                               "print('held', flush=True); time.sleep(1000)",
                               f"{os.environ['XDG_STATE_HOME']}/muster/clusters.db-lab.lock"],
                              stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(muster.ClusterError, match=f"process {holder.pid} changes the cluster lab"):
            running.stop(force=True)
    finally:
        holder.kill()
        holder.wait()
    assert all(node.is_alive() for node in running.get_all_nodes())
