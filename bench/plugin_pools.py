"""Plugins: what their pool makes of a job for each of many nodes."""

import json
import pathlib
import subprocess
import sys

from figures import Figure
from processes import BenchError

DRIVER = pathlib.Path(__file__).with_name("plugin_driver.py")


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
        raise BenchError(f"{took['verified']} of {count} nodes answered as they should")
    return took


def jobs(stage, size):
    """A command on each node: by the pool beside one call for all nodes, and one node after the other beside the pool."""
    count = size.pool_nodes
    command = f"pool.simple_job(node.ssh.execute, …), {count} nodes"
    pool = Figure(row="G1", name=f"a plugin's pool over {count} nodes", unit="ms", ours=[], command=command,
                  against="ClusterAPI.shell() of the same for all nodes")
    serial = Figure(row="G1", name="  beside one node after the other", unit="ms", ours=[], command=command,
                    against="node.ssh.execute(…), one after the other")
    for _ in size.rounds_in_time():
        took = times(stage, count)
        for figure, against in ((pool, "bare"), (serial, "serial")):
            figure.ours.append(took["pool"])
            figure.baseline.append(took[against])
            figure.verified += count
    yield from (pool, serial)


ROWS = {"G1": jobs}
