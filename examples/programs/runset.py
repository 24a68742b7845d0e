"""A command for clustershell: copy this file to ~/.local/share/muster/programs."""

import shlex

commands = ["runset"]


def runset(cmdline, cluster, logger):
    """
    runset CLUSTER COMMAND... - run a set of commands on a cluster, one after the other

    runset lab 'uname -r' 'df -h /'     each in quotes, on all running nodes at once
    runset lab @FILE                    a command in each line of a file
    It stops at the first command that fails on a node, when all nodes have ended it.
    """
    words = shlex.split(cmdline)
    if len(words) < 2:
        raise SystemExit("runset: it needs a cluster and commands; 'help runset' has examples")
    name, *lines = words
    if lines[0].startswith("@"):
        with open(lines[0][1:], encoding="utf-8") as file:
            lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    nodes = [node for node in cluster.nodes_of(name) if node.state == "running"]
    for line in lines:
        logger.info("running [%s] on %d nodes", line, len(nodes))
        failed = [outcome.node for outcome in cluster.run(line, nodes) if not outcome.ok]
        if failed:
            raise SystemExit(f"runset: [{line}] failed on {', '.join(failed)}; nothing further was run")
