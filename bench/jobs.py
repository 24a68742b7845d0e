"""Rows of whole jobs: files to a node (W7), and many items shared out (W8)."""

import filecmp
import os
import shutil
import subprocess
import time

from figures import Figure

ITEM_MS = 1.0  # of a processor's time


def same_trees(one, other):
    """Whether two folders hold the same files with the same contents."""
    names = sorted(os.listdir(one))
    return names == sorted(os.listdir(other)) and \
        filecmp.cmpfiles(one, other, names, shallow=False)[0] == names


def big_file(stage, size):
    source, target = stage.folder / "big", stage.folder / "big.copy"
    with open(source, "wb") as file:
        for _ in range(size.file_bytes >> 20):
            file.write(os.urandom(1 << 20))
    baseline = f"bare_value {size.file_bytes}"
    figure = Figure(row="W7", name=f"put of {size.file_bytes >> 20} MiB", unit="GB/s", ours=[],
                    better="higher", command=f"put {source.name}",
                    against="bare stream fed by another process, which writes no file")
    for _ in size.rounds_in_time():
        target.unlink(missing_ok=True)
        figure.ours.append(stage.driver.do("put", source, target)["gigabytes_per_second"])
        if not filecmp.cmp(source, target, shallow=False):
            raise RuntimeError(f"put: {target} is not as {source}")
        figure.verified += 1
        figure.baseline.append(stage.driver.do(*baseline.split())["gigabytes_per_second"])
    yield figure


def many_files(stage, size):
    source, target, copy = (stage.folder / name for name in ("tree", "tree.put", "tree.cp"))
    source.mkdir()
    for number in range(size.files):
        (source / f"{number:05}").write_bytes(os.urandom(1024))
    figure = Figure(row="W7", name=f"put of {size.files} files of 1 KiB", unit="1/s", ours=[],
                    better="higher", command=f"put {source.name}", against="cp -r")
    for _ in size.rounds_in_time():
        for folder in (target, copy):
            shutil.rmtree(folder, ignore_errors=True)
        figure.ours.append(stage.driver.do("put", source, target)["files_per_second"])
        if not same_trees(source, target):
            raise RuntimeError(f"put: {target} is not as {source}")
        figure.verified += size.files
        begin = time.perf_counter()
        subprocess.run(["cp", "-r", source, copy], check=True)
        figure.baseline.append(size.files / (time.perf_counter() - begin))
    yield figure


def put(stage, size):
    yield from big_file(stage, size)
    yield from many_files(stage, size)


def forked_loops(count):
    """Items in a second of as many forked processes as there are workers, without anything between."""
    processes = os.cpu_count()
    begin = time.perf_counter()
    pids = []
    for number in range(processes):
        pid = os.fork()
        if pid == 0:
            for item in range(number, count, processes):
                end = time.thread_time() + ITEM_MS / 1e3
                while time.thread_time() < end:
                    pass
                assert item ** 2 >= 0
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        if os.waitpid(pid, 0)[1] != 0:
            raise RuntimeError("a forked loop failed")
    return count / (time.perf_counter() - begin)


def map_items(stage, size):
    figure = Figure(row="W8", name=f"map of {size.items} items of 1 ms of CPU", unit="1/s", ours=[],
                    better="higher", aim=0.9, command=f"map {size.items} {ITEM_MS}",
                    against=f"{os.cpu_count()} forked loops")
    for _ in size.rounds_in_time():
        answer = stage.driver.do("map", size.items, ITEM_MS)
        figure.ours.append(answer["per_second"])
        figure.verified += int(answer["verified"])
        figure.baseline.append(forked_loops(size.items))
    yield figure
