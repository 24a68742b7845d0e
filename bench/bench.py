#!/usr/bin/python3
"""Measures Muster against bare gRPC and the kernel, in turn and in one run (docs/performance.md)."""

import argparse
import os
import pathlib
import sys
import time

import figures
import processes
import rows

ROOT = pathlib.Path(__file__).resolve().parent.parent


def read_arguments(words):
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--row", action="append", choices=sorted(rows.ROWS), metavar="ROW",
                        help="only this row (may be given again): " + ", ".join(sorted(rows.ROWS)))
    parser.add_argument("--rounds", type=int, help="how often each is measured (7; with --quick 3)")
    parser.add_argument("--quick", action="store_true", help="less work in each round, for a look")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each figure, no table")
    parser.add_argument("--build", default=ROOT / "build/release", help="the folder of the build")
    arguments = parser.parse_args(words)
    if arguments.rounds is None:
        arguments.rounds = 3 if arguments.quick else 7
    if not 1 <= arguments.rounds <= 100:
        parser.error("--rounds takes 1 to 100")
    return arguments


def measure(arguments):
    size = rows.Size(arguments.rounds, arguments.quick)
    found = []
    with processes.Stage(arguments.build) as stage:
        for name in rows.ROWS:
            if arguments.row and name not in arguments.row:
                continue
            for figure in rows.ROWS[name](stage, size):
                found.append(figure)
                if arguments.json:
                    print(figures.json_lines([figure]), flush=True)
                else:
                    print(f"  {figure.row} {figure.name}", file=sys.stderr, flush=True)
    return found


def main(words):
    arguments = read_arguments(words)
    begin = time.monotonic()
    try:
        found = measure(arguments)
    except (processes.BenchError, OSError, RuntimeError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if not arguments.json:
        print(figures.table(found))
        print(f"\n{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {arguments.rounds} rounds, "
              f"{time.monotonic() - begin:.0f} s. Columns and rows: docs/performance.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
