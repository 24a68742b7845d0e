"""Setups and repositories that others wrote in Python, and scripts that set nodes up."""

from unittest import mock

import muster
import pytest


def cluster_of(provider, count=1, **more):
    cluster = muster.Cluster("lab", provider, **more)
    cluster.add_nodes("compute", count)
    return cluster


# ---- Setup ----

class Marks:
    """Writes down what it is called with."""

    HUMAN_READABLE_NAME = "marks"

    def __init__(self):
        self.calls = []
        self.answer = True

    def setup_cluster(self, cluster, extra_args=()):
        self.calls.append((cluster, [node.name for node in cluster.get_all_nodes()], list(extra_args)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def cleanup(self, cluster):
        self.calls.append((cluster, "cleanup"))

    def resume_cluster(self, cluster):
        self.calls.append((cluster, "resume"))


def test_a_setup_is_called_with_the_cluster(state, caplog):
    setup = Marks()
    cluster = cluster_of(muster.LocalCloudProvider(), 1, setup_provider=setup)
    assert cluster.setup() is False and "no node of lab runs" in cluster.setup_error
    cluster.start()
    assert cluster.setup(["-v"]) is True and cluster.setup_error == ""
    setup.answer = False
    assert cluster.setup() is False and "returned False" in cluster.setup_error
    setup.answer = ZeroDivisionError("oh\nno")
    assert cluster.setup() is False and "Marks.setup_cluster of lab: ZeroDivisionError: oh no" in cluster.setup_error
    assert "the nodes are up and running, but could not be set up" in caplog.text
    assert all(node.is_alive() for node in cluster.get_all_nodes())
    cluster.pause()
    cluster.resume()
    cluster.stop()
    assert all(call[0] is cluster for call in setup.calls)
    assert [call[1:] for call in setup.calls] == [
        (["compute001"], ["-v"]), (["compute001"], []), (["compute001"], []), ("resume",), ("cleanup",)]


def test_scripts_set_nodes_up_once(state):
    script = state / "scripts/workers/10-count"
    script.parent.mkdir(parents=True)
    script.write_text(f"#!/bin/sh\necho $MUSTER_NODE $* >> {state}/ran\n")
    script.chmod(0o755)
    cluster = cluster_of(muster.LocalCloudProvider(), 2,
                         setup_provider=muster.ScriptSetupProvider({"compute": "workers"}, scripts=state / "scripts"))
    cluster.start()
    assert cluster.setup() and cluster.setup()
    assert sorted((state / "ran").read_text().splitlines()) == ["compute001", "compute002"]
    again = muster.SqliteRepository().get("lab")
    assert again.setup() and again.setup(["-x"])  # other words are another setup
    assert sorted((state / "ran").read_text().splitlines()) == ["compute001", "compute001 -x", "compute002", "compute002 -x"]
    cluster.stop()


def test_one_group_may_stand_without_a_list():
    assert muster.ScriptSetupProvider({"compute": "workers"}).groups == {"compute": ["workers"]}


def test_the_groups_of_a_setup_are_kept(state):
    setup = Marks()
    setup.groups = {"frontend": ["slurm_master"], "compute": "slurm_worker"}
    assert muster.Cluster("lab", None, setup).to_dict()["groups"] == {
        "frontend": ["slurm_master"], "compute": ["slurm_worker"]}


# ---- Repositories ----

class Shelf:
    """A repository of somebody's."""

    def __init__(self):
        self.saves = 0
        self.clusters = {}

    def save_or_update(self, cluster):
        self.saves += 1
        self.clusters[cluster.name] = cluster.to_dict()

    def get(self, name):
        try:
            return muster.Cluster.from_dict(self.clusters[name], self)
        except KeyError:
            raise muster.ClusterNotFound(name) from None

    def get_all(self):
        return [self.get(name) for name in self.clusters]

    def delete(self, cluster):
        del self.clusters[cluster.name]


def test_a_repository_of_ones_own_is_told_of_every_step(state):
    shelf = Shelf()
    cluster = cluster_of(muster.LocalCloudProvider(), 2, repository=shelf)
    cluster.start()
    assert shelf.saves >= 4
    again = shelf.get("lab")
    assert [node.is_alive() for node in again.get_all_nodes()] == [True, True]
    again.stop()
    assert shelf.clusters == {} and not any(node.is_alive() for node in cluster.get_all_nodes())


def test_a_repository_that_fails_is_told_by_its_name(state):
    shelf = Shelf()
    cluster = cluster_of(muster.LocalCloudProvider(), 1, repository=shelf)
    with mock.patch.object(shelf, "save_or_update", side_effect=OSError(28, "No space left")):
        with pytest.raises(muster.ClusterError, match=r"Shelf\.save_or_update of lab: OSError: \[Errno 28\] No space left"):
            cluster.start()
    assert not any((state / "state/muster").glob("instances/*/*"))


def test_mocks_are_setup_and_repository(state):
    setup, kept_in = mock.MagicMock(), mock.MagicMock()
    cluster = cluster_of(muster.LocalCloudProvider(), 1, setup_provider=setup, repository=kept_in)
    cluster.start()
    assert cluster.setup() is True
    cluster.stop()
    setup.setup_cluster.assert_called_once_with(cluster, [])
    setup.cleanup.assert_called_once_with(cluster)
    kept_in.save_or_update.assert_called_with(cluster)
    kept_in.delete.assert_called_once_with(cluster)
