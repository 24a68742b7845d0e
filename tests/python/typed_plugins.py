"""A plugin, as mypy --strict reads it."""

import starcluster
from muster.plugins import ClusterSetup, DefaultClusterSetup, Node, Ssh, ThreadPool, exception, log
from muster.plugins.cluster import nodes_of, run_plugin
from muster.plugins.config import StarClusterConfig, get_config
from starcluster.clustersetup import ClusterSetup as Same
from starcluster.logger import log as same_log


class Packages(ClusterSetup):
    def __init__(self, names: list[str], count: int = 1) -> None:
        super().__init__()
        self.names, self.count = names, count

    def run(self, nodes: list[Node], master: Node, user: str, user_shell: str, volumes: dict[str, object]) -> None:
        for node in nodes:
            self.pool.simple_job(self._install, (node), jobid=node.alias)
        self.pool.wait(len(nodes))

    def _install(self, node: Node) -> list[str]:
        ssh: Ssh = node.ssh
        try:
            lines: list[str] = ssh.execute("apt-get -y install " + " ".join(self.names), timeout=60)
        except exception.RemoteCommandFailed as error:
            log.error("%s: %d %s", error.node, error.exit_status, error.output[-1])
            raise
        with ssh.remote_file("/etc/packages") as file:
            print(*lines, file=file)
        found = node.getpwnam("root")
        assert found is not None and found.pw_uid == node.num_processors
        return lines


class Extended(DefaultClusterSetup, Same):
    def on_add_node(
        self, new_node: Node, nodes: list[Node], master: Node, user: str, shell: str, volumes: dict[str, object],
    ) -> None:
        same_log.info(new_node.alias)
        pool: ThreadPool = self.pool
        names: list[str] = pool.map(lambda node: str(node.alias), nodes)
        assert names and starcluster.static.VERSION


def main(cfg: StarClusterConfig) -> None:
    run_plugin("packages", "testcluster", cfg.load())
    get_config().get_plugin("packages").settings.items()
    print(nodes_of)
