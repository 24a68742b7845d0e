"""Clusters that come and go: how long nodes of this machine take to start and to stop, against their number."""

import json
import pathlib
import subprocess
import sys

from figures import Figure
from processes import BenchError

DRIVER = pathlib.Path(__file__).with_name("cluster_driver.py")


def times(stage, count):
    state = stage.folder / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    result = subprocess.run([sys.executable, "-B", str(DRIVER), str(count)], stdin=subprocess.DEVNULL,
                            env={**stage.environment, "XDG_STATE_HOME": str(state), "TMPDIR": str(stage.folder),
                                 "PYTHONPATH": str(stage.programs.parent / "python")},
                            capture_output=True, text=True, check=False, timeout=120)
    if result.returncode != 0:
        raise BenchError(f"{DRIVER.name} {count} ended with {result.returncode}: {result.stderr}")
    took = json.loads(result.stdout.splitlines()[-1])
    if took["verified"] != count:
        raise BenchError(f"{took['verified']} of {count} nodes lived")
    return took


def start_and_stop(stage, size):
    """Each number of nodes in turn: kept (records, labels, health) beside embedded ones, which nobody keeps."""
    for count in size.cluster_nodes:
        figures = {work: Figure(row="C1", name=f"{work} {count} nodes", unit="ms", ours=[],
                                command=f"Cluster.{work}(), {count} local nodes",
                                against="ClusterAPI.local() of as many")
                   for work in ("start", "stop")}
        for _ in size.rounds_in_time(0.5):
            took = times(stage, count)
            for work, figure in figures.items():
                figure.ours.append(took[work])
                figure.baseline.append(took[f"bare_{work}"])
                figure.verified += count
        yield from figures.values()


ROWS = {"C1": start_and_stop}
