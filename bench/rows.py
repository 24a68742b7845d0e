"""The rows: what is measured, against what, and how many times. Within a round what is compared runs
one right after the other, and the rounds repeat that: A, B, A, B, …"""

import functools
import time
import timeit

import clusters
import fan_outs
import hook_calls
import jobs
import memory
import plugin_pools
import python_rows
import shells
import starts
from figures import Figure

GIB = 1 << 30
WINDOW = 256  # in flight for each client


class Size:
    """How much work a round is."""

    def __init__(self, rounds, quick):
        self.rounds = rounds
        self.round_trips = 30 if quick else 300
        self.programs = 10 if quick else 50  # of 64 that a user may have
        self.seconds = 0.3 if quick else 1.5  # of a pipeline
        self.value_bytes = 64 << 20 if quick else GIB
        self.file_bytes = (32 if quick else 100) << 20
        self.files = 200 if quick else 2000
        self.items = 500 if quick else 4000
        self.calls = 500 if quick else 5000  # of Python
        self.python_value_bytes = (16 if quick else 256) << 20
        self.hook_calls = 500 if quick else 10000
        self.starts = 2 if quick else 5  # in one round
        self.shells = 2 if quick else 8  # nodes of a line
        self.connections = 10 if quick else 50  # of 64 that a user may have
        self.nodes = (10, 100) if quick else (10, 100, 1000)
        self.cluster_nodes = (1, 8, 64)
        self.pool_nodes = 16 if quick else 64
        self.longest = 8 if quick else 45  # seconds for one comparison

    def rounds_in_time(self, share=1.0):
        """Numbers of the rounds; fewer than asked for when they take too long, but one at least."""
        begin = time.monotonic()
        for number in range(self.rounds):
            if number > 0 and time.monotonic() - begin > self.longest * share:
                break
            yield number


def compare(stage, size, ours, baseline, number, **facts):
    """Both words of the driver in turn, `number` of each answer taken."""
    ours_words, baseline_words = ours.split(), baseline.split()
    figure = Figure(ours=[], command=ours, against=facts.pop("against", baseline), **facts)
    for _ in size.rounds_in_time():
        answer = stage.driver.do(*ours_words)
        figure.ours.append(answer[number])
        figure.verified += int(answer["verified"])
        figure.baseline.append(stage.driver.do(*baseline_words)[number])
    return figure


def round_trip(stage, size):
    yield compare(stage, size, f"round_trip {size.round_trips} 2", f"bare_round_trip {size.round_trips}",
                  "p50_us", row="W1", name="1+1, p50", unit="us", gate=1.25, aim=1.0,
                  against="bare unary echo")
    yield compare(stage, size, f"program {size.programs}", f"bare_program {size.programs}", "p50_us",
                  row="W1", name="true, p50", unit="us", gate=1.6, aim=1.3,
                  against="posix_spawn of true, then a bare unary echo")


def pipelined(stage, size):
    for clients in (1, 8):
        for sources, gate, aim in (("distinct", 1.2, 1.5), ("repeated", 2.5, 3.0)):
            who = f"{clients} client{'s' if clients > 1 else ''}"
            yield compare(
                stage, size, f"pipeline {size.seconds} {WINDOW} {clients} {sources}",
                f"bare_pipeline {size.seconds} {WINDOW} {clients}", "per_second",
                row="W2", name=f"1+1 pipelined, {sources}, {who}", unit="1/s", better="higher",
                gate=gate, aim=aim, against="bare bidirectional echo")
    count = 20000 if size.seconds > 1 else 2000
    spans = [timeit.timeit(functools.partial(eval, "1+1"), number=count) for _ in range(size.rounds)]
    yield Figure(row="W2", name="eval in process, for comparison", unit="1/s", judged="ours",
                 better="higher", ours=[count / span for span in spans], verified=0,
                 command=f"python: eval('1+1'), {count} times")


def node_memory(stage):
    """A function that counts what clusterd, spawner, zygote and the supervisors hold. The worker is
    not in it: the value there is the user's."""
    lasting = stage.node_processes()

    def count():
        pids = list(lasting.values())
        for parent in ("spawner", "zygote"):
            pids += [pid for pid in memory.children(lasting.get(parent, 0)) if pid not in pids]
        return sum(map(memory.anonymous, pids))
    return count


def big_value(stage, size):
    ours, baseline = f"value {size.value_bytes}", f"bare_value {size.value_bytes}"
    shown = f"{size.value_bytes >> 20} MiB"
    speed = Figure(row="W3", name=f"a value of {shown}", unit="GB/s", ours=[], better="higher", gate=0.9,
                   aim=1.0, command=ours, against="bare stream fed by another process")
    node = Figure(row="W3", name="  the node above idle", unit="MiB", ours=[], judged="ours", gate=64,
                  command=ours)
    client = Figure(row="W3", name="  the client above idle, of the value", unit="values", ours=[],
                    judged="ours", gate=1.1, command=ours)
    for _ in size.rounds_in_time():
        # Each is done once before it is measured. A virtual machine whose host takes back what is free
        # gets memory again at 1 GB/s and less, which would be the speed of whoever holds the value.
        stage.driver.do(*ours.split())
        with memory.Peak(node_memory(stage)) as at_node, \
                memory.Peak(lambda: memory.anonymous(stage.driver.pid)) as at_client:
            answer = stage.driver.do(*ours.split())
        speed.ours.append(answer["gigabytes_per_second"])
        stage.driver.do(*baseline.split())
        speed.baseline.append(stage.driver.do(*baseline.split())["gigabytes_per_second"])
        node.ours.append(at_node.above_idle() / memory.MIB)
        client.ours.append(at_client.above_idle() / size.value_bytes)
        for figure in (speed, node, client):
            figure.verified += int(answer["verified"])
    yield from (speed, node, client)


def idle_memory(stage, size):
    # Zero would be a process that this user may not look into.
    for name, pid in stage.node_processes().items():
        held = memory.proportional(pid)
        if held is not None:
            yield Figure(row="W6", name=f"idle {name}, PSS", unit="MiB", ours=[held / memory.MIB],
                         judged="ours", command=f"/proc/{name}/smaps_rollup")
    driver = stage.start_driver("n1")
    driver.do("connections", 1)
    few = memory.anonymous(stage.daemon.pid)
    driver.do("connections", size.connections)
    more = memory.anonymous(stage.daemon.pid)
    yield Figure(row="W6", name="idle connection, clusterd", unit="KiB", judged="ours",
                 ours=[max(0, more - few) / 1024 / (size.connections - 1)],
                 command=f"connections {size.connections}")
    # Last: something runs.
    command = f"round_trip {size.round_trips} 2"
    driver.do(*command.split())
    held = memory.most_of_workers(stage.node_processes().get("zygote", 0))
    if held is not None:
        yield Figure(row="W6", name="a warm worker after 1+1, PSS", unit="MiB", ours=[held / memory.MIB],
                     judged="ours", command=command)


# In the order in which they run: what is idle is looked at before anything has run.
ROWS = {"W6": idle_memory, "W1": round_trip, "W2": pipelined, "W3": big_value, "W5": starts.starts,
        "W4": fan_outs.fan_outs, "W7": jobs.put, "W8": jobs.map_items, **shells.ROWS,
        **clusters.ROWS, **hook_calls.ROWS, **plugin_pools.ROWS, **python_rows.ROWS}
