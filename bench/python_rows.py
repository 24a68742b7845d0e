"""The rows of Python: what W1 to W3 are to C++, against the standard library's pool of processes (P1 to P3) and,
where they are installed, against the peers."""

import sys

import processes
import python_systems
from figures import Figure

WINDOW = 256
PART_FOR_PEERS = 5  # some do a few hundred in a second


class Drivers:
    """A process for each system, which is there from its first use to the end of the rows."""

    def __init__(self, stage):
        self._stage = stage
        self._drivers = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program, _ in self._drivers.values():
            self._stage.end(program)

    def of(self, name):
        if name not in self._drivers:
            program = self._stage.start_python_driver(name)
            self._drivers[name] = program, processes.Driver(program)
        return self._drivers[name][1]


def compare(drivers, size, other, work, number, share=1.0, **facts):
    """Muster and another in turn."""
    figure = Figure(ours=[], command=f"python: {work}", against=facts.pop("against", other), **facts)
    for _ in size.rounds_in_time(share):
        answer = drivers.of("muster").do(*work.split())
        figure.ours.append(answer[number])
        figure.verified += int(answer["verified"])
        figure.baseline.append(drivers.of(other).do(*work.split())[number])
    return figure


def works(size, part=1):
    """(row, name, work, number, unit, better); of so many calls a part."""
    yield "P1", "abs(), p50", f"round_trip {size.round_trips // part}", "p50_us", "us", "lower"
    yield "P2", "submit", f"submit {size.calls // part} {WINDOW}", "per_second", "1/s", "higher"
    yield "P2", "map", f"map {size.calls // part}", "per_second", "1/s", "higher"
    bytes_ = size.python_value_bytes
    yield "P3", f"a value of {bytes_ >> 20} MiB", f"value {bytes_}", "gigabytes_per_second", "GB/s", "higher"


def against_processes(row):
    """The rows of that name."""
    def measure(stage, size):
        with Drivers(stage) as drivers:
            for its_row, name, work, number, unit, better in works(size):
                if its_row == row:
                    yield compare(drivers, size, "processes", work, number, row=row, name=f"Python: {name}",
                                  unit=unit, better=better, against="ProcessPoolExecutor(2)")
    return measure


def against_peers(stage, size):
    there = [name for name in python_systems.PEERS if python_systems.is_installed(name)]
    if not there:
        print("bench: none of the peers is installed; scripts/bench --install-peers installs them",
              file=sys.stderr)
    for peer in there:
        with Drivers(stage) as drivers:
            for _, name, work, number, unit, better in works(size, PART_FOR_PEERS):
                yield compare(drivers, size, peer, work, number, 0.1, row="peers", name=f"{peer}: {name}",
                              unit=unit, better=better)


ROWS = {"P1": against_processes("P1"), "P2": against_processes("P2"), "P3": against_processes("P3"),
        "peers": against_peers}
