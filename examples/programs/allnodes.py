"""A command for clustershell: copy this file to ~/.local/share/muster/programs."""

commands = ["allnodes"]


def allnodes(cmdline, cluster, logger):
    """
    allnodes [CLUSTER...] - list the nodes of all clusters of the configuration

    allnodes             of all clusters, one table
    allnodes lab spare   of these
    """
    names = cmdline.split() or cluster.clusters()
    unknown = [name for name in names if name not in cluster.clusters()]
    if unknown:
        raise SystemExit(f"allnodes: no cluster {', '.join(unknown)}; there are: {', '.join(cluster.clusters())}")
    nodes = [node for name in names for node in cluster.nodes_of(name)]
    cluster.show(nodes)
    logger.info("%d nodes in %d clusters, %d running", len(nodes), len(names),
                sum(node.state == "running" for node in nodes))
