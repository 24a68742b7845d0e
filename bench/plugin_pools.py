"""Plugins: what their pool makes of a job for each of many nodes."""

from figures import Figure
from processes import times_of


def jobs(stage, size):
    """A command on each node: by the pool beside one call for all nodes, and one node after the other beside the pool."""
    count = size.pool_nodes
    command = f"pool.simple_job(node.ssh.execute, …), {count} nodes"
    pool = Figure(row="G1", name=f"a plugin's pool over {count} nodes", unit="ms", ours=[], command=command,
                  against="ClusterAPI.shell() of the same for all nodes")
    serial = Figure(row="G1", name="  beside one node after the other", unit="ms", ours=[], command=command,
                    against="node.ssh.execute(…), one after the other")
    for _ in size.rounds_in_time():
        took = times_of(stage, "plugin_driver.py", count)
        for figure, against in ((pool, "bare"), (serial, "serial")):
            figure.ours.append(took["pool"])
            figure.baseline.append(took[against])
            figure.verified += count
    yield from (pool, serial)


ROWS = {"G1": jobs}
