"""W4: one thing for many nodes at once, each a real daemon, and the answers of all."""

import statistics
import sys
import time

import crowd
import memory
import processes
from figures import Figure

SETTLES = 0.5  # seconds for the other ends of connections that were closed


def idle(pids):
    """What daemons and their spawners hold, each on the average."""
    for name, group in (("clusterd", pids), ("spawner", [child for pid in pids for child in memory.children(pid)])):
        held = [size for size in map(memory.proportional, group) if size]
        if held:
            yield Figure(row="W4", name=f"{len(held)} idle, each {name}, PSS", unit="MiB", judged="ours", gate=8,
                         ours=[statistics.mean(held) / memory.MIB], command=f"/proc/{name}/smaps_rollup")


class FanOut:
    """So many nodes, some of them dead, and what is measured with them."""

    def __init__(self, stage, path, nodes, dead, servers):
        self.program = stage.start([stage.bench / "bench_driver", path, stage.folder / "none"])
        self.driver = processes.Driver(self.program)
        self.nodes, self.dead, self.servers = nodes, dead, servers
        self.figures = {}

    def figure(self, kind, name, **facts):
        who = f"{self.nodes} nodes" + (f", {self.dead} dead" if self.dead else "")
        if kind not in self.figures:
            self.figures[kind] = Figure(row="W4", name=f"{who}: {name}", ours=[], command=kind, **facts)
        return self.figures[kind]

    def take(self, figure, ours, bare, number):
        answer = self.driver.do(*ours)
        figure.ours.append(answer[number])
        figure.verified += int(answer["verified"])
        figure.baseline.append(self.driver.do(*bare)[number])

    def once(self, runs):
        """One round."""
        gates = self.nodes >= 100
        many, one = self.servers
        self.driver.do("leave")
        time.sleep(SETTLES)
        self.take(self.figure("contact", "first contact, each", unit="ms", judged="ours", gate=1.5 if gates else None,
                              aim=1.0 if gates else None, against=f"bare gRPC, {many.count} processes"),
                  ("contact", self.dead), ("bare_contact", many.socket, self.nodes, self.dead), "ms_per_node")
        self.driver.do("bare_contact", one.socket, self.nodes, self.dead)
        warm = {"unit": "ms", "gate": 2 if gates else None, "aim": 1.3 if gates else None}
        bare = ("bare_ask", many.socket, self.dead)
        self.take(self.figure("ask", "asked once more", against=f"bare gRPC, {many.count} processes", **warm),
                  ("ask", self.dead), bare, "ms")
        self.take(self.figure("ask ", "  the same", unit="ms", against="bare gRPC, all in 1 process"),
                  ("ask", self.dead), ("bare_ask", one.socket, self.dead), "ms")
        if runs:
            self.take(self.figure("run", "1+1 on each", against=f"bare gRPC, {many.count} processes", **warm),
                      ("run", self.dead), bare, "ms")


class Servers:
    """As many sockets of bare gRPC as there are nodes, shared out to so many processes."""

    def __init__(self, stage, nodes, count):
        self.count = count
        self.socket = stage.folder / f"{nodes}-{count}"
        self.program = stage.start([stage.bench / "bench_baseline", self.socket, nodes, count])
        self.program.read(processes.READY)


def fan_outs(stage, size):
    """Of each size two rows of figures: all alive, and one in twenty dead."""
    sizes = list(size.nodes)
    while len(sizes) > 1 and (why := crowd.bearable(sizes[-1])):
        print(f"  W4 {why}: left out", file=sys.stderr, flush=True)
        sizes.pop()
    most = sizes[-1]
    daemons = stage.keep(crowd.Crowd(stage, most, max(1, most // 20)))
    yield from idle(daemons.pids())
    for nodes in sizes:
        servers = [Servers(stage, nodes, count) for count in (min(nodes, crowd.SERVERS), 1)]
        runs = nodes * crowd.WARM_MIB < crowd.available_mib()
        if not runs:
            print(f"  W4 {nodes} warm workers need {nodes * crowd.WARM_MIB} MiB: left out", file=sys.stderr, flush=True)
        for dead in (0, max(1, nodes // 20)):
            fan_out = FanOut(stage, daemons.configuration(nodes, dead), nodes, dead, servers)
            if runs:
                fan_out.driver.do("contact", dead)
                fan_out.driver.do("warm", dead)  # starts Python where there is none yet
                fan_out.driver.do("run", dead)
            for _ in size.rounds_in_time(0.25):
                fan_out.once(runs)
            stage.end(fan_out.program)
            yield from fan_out.figures.values()
        for each in servers:
            stage.end(each.program)
    stage.end(daemons)
