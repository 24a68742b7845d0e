"""Clusters that come and go: how long nodes of this machine take to start and to stop, against their number."""

from figures import Figure
from processes import times_of


def start_and_stop(stage, size):
    """Each number of nodes in turn: kept (records, labels, health) beside embedded ones, which nobody keeps."""
    for count in size.cluster_nodes:
        figures = {work: Figure(row="C1", name=f"{work} {count} nodes", unit="ms", ours=[],
                                command=f"Cluster.{work}(), {count} local nodes",
                                against="ClusterAPI.local() of as many")
                   for work in ("start", "stop")}
        for _ in size.rounds_in_time(0.5):
            took = times_of(stage, "cluster_driver.py", count)
            for work, figure in figures.items():
                figure.ours.append(took[work])
                figure.baseline.append(took[f"bare_{work}"])
                figure.verified += count
        yield from figures.values()


ROWS = {"C1": start_and_stop}
