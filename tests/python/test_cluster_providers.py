"""Providers that others wrote in Python."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from unittest import mock

import muster
import pytest
from conftest import SLACK
from muster import _signatures

CLOUD = '''
import os
import time
import uuid

from elasticluster.exceptions import InstanceNotFoundError
from elasticluster.providers import AbstractCloudProvider


class FolderCloud(AbstractCloudProvider):
    """Instances that are files."""

    def __init__(self, folder, seconds=0.0):
        self._folder = folder
        self._seconds = seconds

    def start_instance(self, key_name, public_key_path, private_key_path, security_group, flavor, image_id,
                       image_userdata, cluster_name, username="root", node_name=None, **kwargs):
        time.sleep(self._seconds)
        name = f"{node_name}-{uuid.uuid4().hex[:8]}"
        with open(f"{self._folder}/{name}", "w") as file:
            file.write(f"{username} {image_id} {kwargs}")
        return {"instance_id": name}

    def stop_instance(self, node):
        try:
            os.unlink(f"{self._folder}/{node.instance_id}")
        except FileNotFoundError:
            raise InstanceNotFoundError(node.instance_id)

    def get_ips(self, instance_id):
        return ["10.1.2.3"]

    def is_instance_running(self, instance_id):
        return os.path.exists(f"{self._folder}/{instance_id}")
'''


@pytest.fixture(name="cloud")
def fixture_cloud(state, monkeypatch):
    """The folder of instances, and the module of a provider that is no part of Muster."""
    (state / "code").mkdir()
    (state / "code/folder_cloud.py").write_text(CLOUD)
    (state / "cloud").mkdir()
    monkeypatch.syspath_prepend(str(state / "code"))
    import folder_cloud
    yield state / "cloud", folder_cloud.FolderCloud
    del sys.modules["folder_cloud"]


def cluster_of(provider, count=1, **more):
    cluster = muster.Cluster("lab", provider, **more)
    cluster.add_nodes("compute", count, "ami-1", "me", "m1.tiny", "all", zone="z1")
    return cluster


def test_a_provider_that_is_slow_is_slow_for_all_nodes_at_once(cloud):
    folder, provider = cloud
    cluster = cluster_of(provider(str(folder), seconds=2.0), 4)
    began = time.monotonic()
    cluster.start()
    took = time.monotonic() - began
    assert 2.0 <= took < 2.0 + SLACK, took  # 8 s one after the other
    names = [node.instance_id for node in cluster.get_all_nodes()]
    assert sorted(names) == sorted(os.listdir(folder)) and all(name.startswith("lab-compute00") for name in names)
    assert (folder / names[0]).read_text() == "me ami-1 {'zone': 'z1'}"
    assert {node.connection_ip() for node in cluster.get_all_nodes()} == {"10.1.2.3"}
    cluster.stop()
    assert os.listdir(folder) == []


def test_another_program_has_the_provider_again(cloud):
    folder, provider = cloud
    cluster = cluster_of(provider(str(folder), 0.01), 2)
    cluster.start()
    program = textwrap.dedent("""
        import muster
        cluster = muster.SqliteRepository().get("lab")
        print(type(cluster.cloud_provider).__name__, [node.is_alive() for node in cluster.get_all_nodes()])
        cluster.stop()
        """)
    done = subprocess.run([sys.executable, "-B", "-c", program], cwd="/", text=True, check=True, stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL)
    assert done.stdout == "FolderCloud [True, True]\n"
    assert os.listdir(folder) == []
    cluster.stop()  # it was stopped


def test_clustershell_uses_the_provider_too(cloud):
    folder, provider = cloud
    cluster = cluster_of(provider(str(folder)), 2)
    cluster.start()

    def shell(line):
        return subprocess.run([os.environ["MUSTER_BIN_DIR"] + "/clustershell", "-c", line], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    grown = shell("cluster resize lab -a 1:compute")
    assert grown.returncode == 0 and len(os.listdir(folder)) == 3, grown.stdout
    again = muster.SqliteRepository().get("lab")
    assert [node.is_alive() for node in again.get_all_nodes()] == [True] * 3
    ended = shell("cluster delete lab -y")
    assert ended.returncode == 0 and os.listdir(folder) == [], ended.stdout
    assert muster.SqliteRepository().get_all() == []


@pytest.mark.parametrize("name, path, told", [
    ("subprocess:Popen", subprocess.__file__, "is no class with a method start_instance"),
    ("os:system", os.__file__, "is no class with a method start_instance"),
    ("nothing:Cloud", "/nowhere/nothing.py", "its file /nowhere/nothing.py is not there"),
    ("folder_cloud:Cloud", "", "there is no class Cloud"),
])
def test_not_anything_is_made_because_a_record_says_so(cloud, name, path, told):
    folder, _ = cloud
    data = cluster_of(muster.LocalCloudProvider()).to_dict()
    data["provider"] = {"type": "python", "settings": {"class": name, "path": path, "arguments": f'[["touch {folder}/bad"], {{}}]'}}
    cluster = muster.Cluster.from_dict(data)
    with pytest.raises(muster.ConfigurationError, match=told):
        cluster.start()
    assert os.listdir(folder) == []


def test_a_file_that_everybody_may_change_is_not_run(cloud, state):
    folder, provider = cloud
    data = cluster_of(provider(str(folder))).to_dict()
    moved = state / "code/moved_cloud.py"
    moved.write_text(CLOUD)
    moved.chmod(0o666)
    data["provider"]["settings"] |= {"class": "gone:FolderCloud", "path": str(moved)}
    assert "everybody may write" in str(muster.Cluster.from_dict(data)._problems)
    moved.chmod(0o644)
    assert muster.Cluster.from_dict(data)._problems == {}


def test_an_instance_that_went_by_itself_does_not_keep_a_cluster_from_ending(cloud):
    folder, provider = cloud
    cluster = cluster_of(provider(str(folder)), 2)
    cluster.start()
    os.unlink(folder / cluster.get_all_nodes()[0].instance_id)
    assert [node.is_alive() for node in cluster.get_all_nodes()] == [False, True]
    cluster.stop()
    assert os.listdir(folder) == []


class Bad:
    """Of the old contract, and of no class of ours."""

    def __init__(self):
        self.fails = True
        self.running = set()

    def start_instance(self, key_name, public, private, group, flavor, image, userdata):
        self.running.add(threading.get_ident())
        return f"i-{len(self.running)}-{time.monotonic_ns()}"

    def stop_instance(self, instance_id):
        assert isinstance(instance_id, str)
        if self.fails:
            raise OSError(5, "the cloud is\nunwell")

    def is_instance_running(self, instance_id):
        return True

    def get_ips(self, instance_id):
        return "10.0.0.1"


def test_a_stop_that_fails_keeps_the_cluster_and_says_what_the_provider_said(state):
    provider = Bad()
    cluster = cluster_of(provider, 2)
    cluster.start()
    with pytest.raises(muster.ClusterError, match=r"Bad\.stop_instance of compute001 \(i-.*\): OSError: \[Errno 5\] the "
                                                  r"cloud is unwell \(test_cluster_providers.py, line \d+\)"):
        cluster.stop()
    assert [it.name for it in muster.SqliteRepository().get_all()] == ["lab"]
    with pytest.raises(muster.InstanceError, match="unwell"):
        cluster.get_all_nodes()[0].stop()
    provider.fails = False
    cluster.stop()
    assert muster.SqliteRepository().get_all() == []


def test_a_stop_by_force_forgets_the_cluster(state):
    cluster = cluster_of(Bad(), 1)
    cluster.start()
    assert [(node.ok, "unwell" in node.text) for node in cluster.stop(force=True)] == [(False, True)]
    assert muster.SqliteRepository().get_all() == []


@pytest.mark.parametrize("answer, told", [(None, "it returned None"), ("", "it returned ''"), ({}, "it returned {}"),
                                          ([1], "it returned \\[1\\]")])
def test_an_answer_that_is_no_id_is_an_error(state, answer, told):
    provider = Bad()
    provider.start_instance = lambda *_: answer
    with pytest.raises(muster.InstanceError, match=f"Bad.start_instance of compute001: ValueError: {told}"):
        cluster_of(provider).get_all_nodes()[0].start()


def test_a_mock_is_a_provider(state):
    provider = mock.MagicMock()
    provider.start_instance.return_value = {"instance_id": "i-1"}
    provider.get_ips.return_value = ["127.0.0.1"]
    provider.is_instance_running.return_value = True
    cluster = cluster_of(provider)
    cluster.start()
    (node,) = cluster.get_all_nodes()
    assert node.is_alive() and node.instance_id == "i-1"
    args, kwargs = provider.start_instance.call_args
    assert args == ("", "", "", "all", "m1.tiny", "ami-1", "", "lab")
    assert kwargs == {"username": "me", "node_name": "lab-compute001", "zone": "z1"}
    cluster.stop()
    provider.stop_instance.assert_called_once_with(node)


@pytest.mark.parametrize("thing, told", [(5, "5"), ("local", "'local'"),
                                         (muster.LocalCloudProvider, "the class LocalCloudProvider itself")])
def test_what_is_no_provider_is_refused(state, thing, told):
    with pytest.raises(TypeError, match=f"{told} is no cloud provider.* has to have start_instance"):
        muster.Cluster("lab", thing)
    provider = muster.LocalCloudProvider()
    cluster = muster.Cluster("lab", provider)
    with pytest.raises(TypeError, match=f"{told} is no cloud provider"):
        cluster.cloud_provider = thing
    assert cluster.cloud_provider is provider
    with pytest.raises(TypeError, match="has to have setup_cluster"):
        cluster.setup_provider = thing
    assert cluster.setup_provider is None


def test_what_is_no_setup_and_no_repository_is_refused(state):
    for thing in (5, "script", muster.ScriptSetupProvider):
        with pytest.raises(TypeError, match="is no setup provider.* has to have setup_cluster"):
            muster.Cluster("lab", None, thing)
    with pytest.raises(TypeError, match="has to have save_or_update"):
        muster.Cluster("lab", repository=5)


VALUES = {"key_name": "k", "public_key_path": "pub", "private_key_path": "priv", "security_group": "sg", "flavor": "fl",
          "image_id": "im", "image_userdata": "ud", "cluster_name": "cl", "username": "me", "node_name": "cl-n1",
          "label": "la", "node": None}
FIRST = tuple(list(VALUES.values())[:7])


def _seen(function):
    args, kwargs = _signatures.start_arguments(function, VALUES, {"zone": "z"})
    return function(*args, **kwargs)


@pytest.mark.parametrize("function, seen", [
    (lambda a, b, c, d, e, f, g: (a, b, c, d, e, f, g), FIRST),
    (lambda a, b, c, d, e, f, g, username=None: (a, b, c, d, e, f, g, username), (*FIRST, "me")),
    (lambda a, b, c, d, e, f, g, cluster: (a, b, c, d, e, f, g, cluster), (*FIRST, "cl")),
    (lambda a, b, c, d, e, f, g, h: (a, b, c, d, e, f, g, h), (*FIRST, "cl")),
    (lambda a, b, c, d, e, f, g, cluster_name, username="", node_name="", **kw:
        (g, cluster_name, username, node_name, kw), ("ud", "cl", "me", "cl-n1", {"zone": "z"})),
    (lambda image_id, zone, node_name: (image_id, zone, node_name), ("im", "z", "cl-n1")),
    (lambda *, image_id, label, zone=1: (image_id, label, zone), ("im", "la", "z")),
    (lambda *args, **kw: (args, kw), ((*FIRST, "cl"), {"username": "me", "node_name": "cl-n1", "zone": "z"})),
    (lambda node_name, **kw: (node_name, kw["image_id"], kw["zone"], "label" in kw), ("cl-n1", "im", "z", False)),
])
def test_a_start_gets_what_it_takes(function, seen):
    assert _seen(function) == seen


def test_labels_find_what_nobody_recorded(state):
    class Labelled(Bad):
        def __init__(self):
            super().__init__()
            self.fails = False
            self.there = {}

        def start_instance(self, image_id, label):
            self.there[f"i-{len(self.there)}"] = label
            return f"i-{len(self.there) - 1}"

        def stop_instance(self, instance_id):
            del self.there[instance_id]

        def list_instances(self, prefix):
            return [{"instance_id": name, "label": label} for name, label in self.there.items() if label.startswith(prefix)]

    provider = Labelled()
    cluster = cluster_of(provider, 2)
    cluster.start()
    label = cluster.get_all_nodes()[0].to_dict()["label"]
    assert set(provider.there.values()) >= {label}
    provider.there["stray"] = label[:-4] + "beef"
    provider.there["other"] = "somebody/else/n1/1"
    cluster.stop()
    assert provider.there == {"other": "somebody/else/n1/1"}
