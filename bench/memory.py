"""What processes hold, as the kernel counts it."""

import pathlib
import re
import threading

MIB = 1 << 20
PERIOD = 0.01  # seconds between two looks


def anonymous(pid):
    """Bytes of memory of its own that are resident (RssAnon); 0: it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    match = re.search(r"^RssAnon:\s+(\d+) kB", text, re.MULTILINE)
    return int(match.group(1)) * 1024 if match else 0


def proportional(pid):
    """Bytes, what is shared split among those who share it (PSS); None: this user may not ask."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return None
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE).group(1)) * 1024


def meminfo(name):
    """Bytes, of a line of the kernel's account of all memory."""
    text = pathlib.Path("/proc/meminfo").read_text(encoding="utf-8")
    return int(re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE).group(1)) * 1024


def children(pid):
    """Of all its threads."""
    found = []
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text(encoding="utf-8").split())
    except OSError:
        pass  # it ended meanwhile
    return found


def program(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def most_of_workers(zygote):
    """The most bytes that a warm worker below this zygote holds, for its own and as its share (PSS): the spare
    one holds less, as it has run nothing. None: there is none, or this user may not ask."""
    workers = [worker for supervisor in children(zygote) for worker in children(supervisor)]
    return max(filter(None, map(proportional, workers)), default=None)


class Peak:
    """Looks at a sum of processes in a thread of its own, from `with` to its end. `count` gives
    bytes; `above_idle` is the most that was seen over what was there before."""

    def __init__(self, count):
        self._count = count
        self._idle = self._most = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self):
        while not self._stop.wait(PERIOD):
            self._most = max(self._most, self._count())

    def __enter__(self):
        self._idle = self._most = self._count()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def above_idle(self):
        return self._most - self._idle
