"""Clusters that outlive the programs that made them: stored, taken up, interrupted."""

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time

import muster
import pytest
from conftest import SLACK, eventually, processes_with


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


def run(program, *words, **environment):
    """A program in a process of its own; what it prints."""
    done = subprocess.run([sys.executable, "-B", "-c", textwrap.dedent(program), *map(str, words)], text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60 * SLACK,
                          env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_another_program_takes_the_cluster_up_and_leaves_nothing(state):
    folder = state / "stored"
    run("""
        import muster, sys
        cluster = muster.Cluster("my-cluster", muster.LocalCloudProvider(), repository=muster.PickleRepository(sys.argv[1]))
        cluster.add_nodes("compute", 2)
        cluster.start()
        """, folder)
    assert [path.name for path in folder.glob("*.json")] == ["my-cluster.json"]
    assert b"pickle" not in (folder / "my-cluster.json").read_bytes()
    assert processes_with(str(state))
    assert run("""
        import elasticluster, sys
        cluster = elasticluster.PickleRepository(sys.argv[1]).get("my-cluster")
        print([node.name for node in cluster.get_all_nodes() if node.is_alive()])
        cluster.stop()
        print(elasticluster.PickleRepository(sys.argv[1]).get_all())
        """, folder) == "['compute001', 'compute002']\n[]\n"
    assert processes_with(str(state)) == []
    assert list(folder.glob("*.json")) == [] and not any((state / "state/muster/instances").glob("*/*"))


@pytest.mark.parametrize("make", [muster.MemRepository, muster.SqliteRepository,
                                  lambda: muster.PickleRepository(os.environ["XDG_STATE_HOME"] + "/p"),
                                  lambda: muster.JsonRepository(os.environ["XDG_STATE_HOME"] + "/p"),
                                  lambda: muster.MultiDiskRepository(os.environ["XDG_STATE_HOME"] + "/p")])
def test_every_repository_keeps_and_forgets(state, make):
    kept_in = make()
    cluster = lab("one", repository=kept_in)
    cluster.add_node("compute")
    kept_in.save_or_update(cluster)
    assert [it.name for it in kept_in.get_all()] == ["one"]
    again = kept_in.get("one")
    assert [node.name for node in again.get_all_nodes()] == ["compute001"]
    assert isinstance(again.cloud_provider, muster.LocalCloudProvider)
    with pytest.raises(muster.ClusterNotFound, match="two"):
        kept_in.get("two")
    kept_in.delete(cluster)
    assert kept_in.get_all() == []


def test_a_second_cluster_of_the_name_does_not_take_its_place(running):
    with pytest.raises(muster.ClusterError, match="there is a cluster lab already .* compute001"):
        lab()
    assert all(node.is_alive() for node in muster.SqliteRepository().get("lab").get_all_nodes())


def test_a_cluster_is_plain_data_and_can_be_pickled(running):
    again = muster.Cluster.from_dict(running.to_dict())
    assert again.to_dict() == running.to_dict()
    assert all(node.is_alive() for node in again.get_all_nodes())
    assert pickle.loads(pickle.dumps(running)).to_dict() == running.to_dict()


INTERRUPTED = """
import muster, sys, time
class Slow(muster.LocalCloudProvider):
    def start_instance(self, *args, node_name="", **kwargs):
        made = super().start_instance(*args, node_name=node_name, **kwargs)
        print(node_name, flush=True)
        time.sleep(1.0 if node_name.endswith("2") else 0.4)
        return made
cluster = muster.Cluster("lab", Slow(), repository=muster.PickleRepository(sys.argv[1]))
cluster.add_nodes("compute", 12)
try:
    cluster.start(max_concurrent_requests=2)
except KeyboardInterrupt:
    print("interrupted", [node.name for node in cluster.get_all_nodes() if node.instance_id], flush=True)
"""


def test_ctrl_c_in_the_middle_of_a_start_saves_what_runs(state):
    folder = state / "stored"
    process = subprocess.Popen([sys.executable, "-B", "-c", INTERRUPTED, folder], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() and process.stdout.readline()
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30 * SLACK)
    assert process.returncode == 0 and "interrupted ['compute001'" in out
    assert time.monotonic() - began < 2 * SLACK
    cluster = muster.PickleRepository(folder).get("lab")
    assert "in the program" in str(cluster._problems)  # its class stands in that program
    started = [node for node in cluster.get_all_nodes() if node.instance_id]
    assert 2 <= len(started) < 12
    daemons = {path.name for path in (state / "state/muster/instances/lab").iterdir()}
    assert daemons == {os.path.basename(node.instance_id) for node in started}
    with pytest.raises(muster.ConfigurationError, match="set cluster.cloud_provider"):
        cluster.stop()
    cluster.cloud_provider = muster.LocalCloudProvider()
    cluster.stop()
    assert processes_with(str(state)) == []


HANGS = """
import muster, sys, time
class Hangs(muster.LocalCloudProvider):
    def start_instance(self, *args, **kwargs):
        print("starts", flush=True)
        time.sleep(600)
cluster = muster.Cluster("lab", Hangs())
cluster.add_nodes("compute", 2)
try:
    cluster.start()
except KeyboardInterrupt:
    print("left", flush=True)
"""


@pytest.mark.skipif(os.environ.get("MUSTER_TEST_SANITIZER") == "thread",
                    reason="the program ends while a thread hangs, which is what the sanitizer reports")
def test_a_second_ctrl_c_does_not_wait_for_a_provider_that_hangs(state):
    with open(state / "said", "w+") as said:
        process = subprocess.Popen([sys.executable, "-B", "-c", HANGS], stdout=said, stderr=said)
    assert eventually(lambda: "starts" in (state / "said").read_text())
    process.send_signal(signal.SIGINT)
    assert eventually(lambda: "is being interrupted" in (state / "said").read_text())
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10 * SLACK) == 0
    assert (state / "said").read_text().endswith("left\n")
    cluster = muster.SqliteRepository().get("lab")
    assert {node.state for node in cluster.get_all_nodes()} == {"starting"}
    cluster.cloud_provider = muster.LocalCloudProvider()
    assert len(cluster.recover()) == 2  # its start was cut off before there was an instance
    assert {node.state for node in cluster.get_all_nodes()} == {"defined"}
    cluster.stop()
