#!/usr/bin/python3
"""python_driver.py SYSTEM FOLDER: does, with one of python_systems, what lines of the standard input ask for, and
answers each with a line of names and numbers, as bench_driver does. Every value is compared with the right one."""

import collections
import operator
import statistics
import sys
import time

import python_systems


def check(found, right):
    if found != right:
        raise ValueError(f"{found!r:.80} is not {right!r:.80}")


def round_trip(system, count):
    """One after the other."""
    spans = []
    for number in range(count):
        begin = time.perf_counter()
        value = system.result(system.submit(abs, -number))
        spans.append(time.perf_counter() - begin)
        check(value, number)
    return {"p50_us": statistics.median(spans) * 1e6, "verified": count}


def submit(system, count, window):
    """At most `window` at once; the oldest is waited for first."""
    running = collections.deque()
    done = 0
    begin = time.perf_counter()
    for number in range(count):
        if len(running) == window:
            check(system.result(running.popleft()), done)
            done += 1
        running.append(system.submit(abs, -number))
    while running:
        check(system.result(running.popleft()), done)
        done += 1
    return {"per_second": count / (time.perf_counter() - begin), "verified": count}


def map_items(system, count):
    begin = time.perf_counter()
    for number, value in enumerate(system.map(abs, range(0, -count, -1))):
        check(value, number)
    return {"per_second": count / (time.perf_counter() - begin), "verified": number + 1}


def value(system, size):
    """Bytes that are made there."""
    begin = time.perf_counter()
    found = system.result(system.submit(operator.mul, b"x", size))
    span = time.perf_counter() - begin
    check(len(found), size)
    check(found.count(b"x"), size)
    return {"gigabytes_per_second": size / span / 1e9, "verified": 1}


WORKS = {"round_trip": round_trip, "submit": submit, "map": map_items, "value": value}


def main(name, folder):
    system = python_systems.SYSTEMS[name](folder)
    try:
        round_trip(system, 20)  # every worker is there, and has imported what it needs
        print("ready", flush=True)
        for line in sys.stdin:
            word, *numbers = line.split()
            try:
                numbers = WORKS[word](system, *map(int, numbers))
                print(" ".join(f"{key} {number}" for key, number in numbers.items()), flush=True)
            except Exception as error:
                print(f"error {type(error).__name__}: {error}".replace("\n", " "), flush=True)
    finally:
        system.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
