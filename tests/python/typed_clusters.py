"""Uses every name of the package muster, as a program that mypy reads strictly. It is never run."""

import logging
from typing import Any

import elasticluster
import elasticluster.cluster
import elasticluster.exceptions
import elasticluster.repository
import muster
from elasticluster.providers.ec2_boto import BotoCloudProvider
from muster import NodeResult

groups: dict[str, list[str]] = {"frontend": ["a"], "compute": ["b"]}
ours: muster.Cluster = elasticluster.Cluster("a", elasticluster.LocalCloudProvider(workers=2),
                                             elasticluster.ScriptSetupProvider(groups, scripts="x", timeout="1m"), "n", "p", "q",
                                             repository=elasticluster.PickleRepository("x"), zone=1)
later = muster.Cluster("b", "key", user_key_name="k", user_key_public="p", user_key_private="q", start_timeout=10.5,
                       on_timeout="keep", min_nodes={"compute": 1})
again: muster.Cluster = muster.Cluster.from_dict(ours.to_dict(omit=["nodes"]), muster.MemRepository())


class Cloud(muster.AbstractCloudProvider):
    def start_instance(self, key_name: str, public_key_path: str, private_key_path: str, security_group: str, flavor: str,
                       image_id: str, image_userdata: str, cluster_name: str, username: str = "", node_name: str = "",
                       **extra: Any) -> str:
        return node_name

    def stop_instance(self, node: muster.Node) -> None:
        print(node.instance_id)

    def get_ips(self, instance_id: str) -> list[str]:
        return []

    def is_instance_running(self, instance_id: str) -> bool:
        return True

    def pause_instance(self, instance_id: str) -> dict[str, str]:
        return {}

    def resume_instance(self, paused: dict[str, str]) -> None: ...

    def to_vars_dict(self) -> dict[str, str]:
        return {}


class Setup(muster.AbstractSetupProvider):
    HUMAN_READABLE_NAME = "mine"

    def setup_cluster(self, cluster: muster.Cluster, extra_args: Any = ()) -> bool:
        return cluster.name != ""

    def cleanup(self, cluster: muster.Cluster) -> None: ...

    def resume_cluster(self, cluster: muster.Cluster) -> None: ...


class Shelf(muster.AbstractClusterRepository):
    def get(self, name: str) -> muster.Cluster:
        raise muster.ClusterNotFound(name)


def life(cluster: muster.Cluster) -> None:
    node: muster.Node = cluster.add_node("compute", "ami", "me", "f", "g", image_userdata="", name=None, zone=1)
    nodes: list[muster.Node] = cluster.add_nodes("compute", 2, flavor="f")
    report: list[NodeResult] = cluster.start({"compute": 1}, 4, timeout=1, on_timeout="stop", only=[node, "compute002"])
    print([(one.node, one.ok, one.text) for one in report], cluster.report, cluster.setup_error)
    worked: bool = cluster.setup(["-v"])
    cluster.pause()
    cluster.resume()
    more: list[muster.Node] = cluster.resize(compute=+2, setup=worked)
    cluster.remove_node(more[0], stop=True)
    cluster.update()
    lines: list[str] = cluster.recover()
    with cluster.cluster() as api, cluster.connect():
        print(api.run(len, lines))
    print(cluster.extra, cluster.user_key_name, cluster.user_key_public, cluster.user_key_private, cluster.start_timeout,
          cluster.cloud_provider, cluster.setup_provider, cluster.repository, cluster.keys(), cluster["name"], nodes)
    print(cluster.nodes["compute"], cluster.get_all_nodes(), cluster.get_node_by_name("a"), cluster.get_ssh_to_node("a"),
          cluster.get_frontend_node())
    ended: list[NodeResult] = cluster.stop(force=True, wait=True)
    print(ended)


def one(node: muster.Node) -> None:
    node.start()
    alive: bool = node.is_alive()
    instance: str | None = node.instance_id
    ips: list[str] = node.update_ips()
    print(alive, instance, ips, node.name, node.kind, node.cluster_name, node.state, node.last_error, node.image_id,
          node.image_user, node.flavor, node.security_group, node.image_userdata, node.extra, node.user_key_name,
          node.user_key_public, node.user_key_private, node.ips, node.facts, node.preferred_ip, node.connection_ip())
    connection = node.connect("key", timeout=2)
    if connection is None:
        print(node.connection_error)
        return
    with connection:
        stdin, stdout, stderr = connection.exec_command("cat", timeout=1.5, get_pty=False, environment={"A": "b"})
        stdin.write("a")
        stdin.writelines(["a", b"b"])
        stdin.flush()
        stdin.channel.shutdown_write()
        data: bytes = stdout.read(3)
        text: str = stderr.readline()
        print(data, text, stdout.readlines(), list(stdout), stdout.closed, stdout.channel.exit_status_ready())
        code: int = stdout.channel.recv_exit_status()
        print(code, stdout.channel.reason)
        stdout.channel.close()
        stdout.close()
    connection.close()
    node.pause()
    node.resume()
    node.stop(wait=True)
    print(node.pprint(), node.to_dict(omit=["ips"]), node.keys(), node["name"])


def stores(cluster: elasticluster.cluster.Cluster) -> None:
    for kept in (muster.SqliteRepository(), muster.SqliteRepository("x"), muster.JsonRepository("x"), Shelf(),
                 muster.YamlRepository("x"), muster.MultiDiskRepository("x", default_store="json")):
        kept.save_or_update(cluster)
        found: list[muster.Cluster] = kept.get_all()
        kept.delete(found[0])
    print(muster.PickleRepository("x").storage_path, elasticluster.repository.PickleRepository("x"))


def errors() -> None:
    try:
        life(muster.Cluster("a", Cloud(), Setup()))
    except muster.ClusterSizeError as error:
        print([node.ok for node in error.report])
    except (muster.ClusterError, muster.ClusterNotFound, muster.ConfigurationError, muster.NodeNotFound, muster.TimeoutError,
            muster.CloudProviderError, muster.InstanceError, muster.InstanceNotFoundError, muster.FlavorError,
            muster.ImageError, muster.KeypairError, muster.SecurityGroupError, muster.SetupProviderError,
            elasticluster.exceptions.InstanceError) as error:
        print(error)


def others() -> None:
    log: logging.Logger = muster.log
    log.setLevel("INFO")
    print(muster.__version__, muster.SshCloudProvider(hosts="a,b").settings, muster.LocalCloudProvider().list_instances("me/"))
    print(muster.ScriptSetupProvider(groups).groups, muster.ScriptSetupProvider(groups).settings)
    print(BotoCloudProvider("url"), muster.OpenStackCloudProvider(), muster.GoogleCloudProvider(), muster.AnsibleSetupProvider({}))
