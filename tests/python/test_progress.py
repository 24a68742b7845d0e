"""How far calls are, on a real terminal: it appears late, is gone in the end, and never stands in the way."""

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from conftest import SLACK

COLUMNS = 80
BEGIN = "import ClusterAPI, sys, time\ncluster = ClusterAPI.connect()\nnap = time.sleep\n"


class Picture:
    """What a terminal shows of bytes: as much of one as is used here, and what was drawn on its last line."""

    def __init__(self):
        self.rows = [""]
        self.column = 0
        self.seen = []

    def feed(self, text):
        for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|[^\x1b]", text):
            if part == "\x1b[K":
                self.rows[-1] = self.rows[-1][:self.column]
                self.seen.append(self.rows[-1])  # as it is at the end of every drawing
            elif part.startswith("\x1b["):
                assert part in ("\x1b[31m", "\x1b[m"), part
            elif part == "\r":
                self.column = 0
            elif part == "\n":
                self.rows.append("")
            else:
                if self.column == COLUMNS:  # as terminals do: not before the next one comes
                    self.rows.append("")
                    self.column = 0
                row = self.rows[-1].ljust(self.column)
                self.rows[-1] = row[:self.column] + part + row[self.column + 1:]
                self.column += 1

    def text(self):
        return [row.rstrip() for row in self.rows]


class Terminal:
    """Runs a program whose standard error, and output unless told otherwise, are a terminal."""

    def __init__(self, cluster, program, stdout=None, **environment):
        ours, theirs = pty.openpty()
        subprocess.run(["stty", "cols", str(COLUMNS), "rows", "24"], stdin=theirs, check=True)
        path = cluster.write("program.py", BEGIN + program)
        clean = {name: value for name, value in cluster.environment().items() if name != "NO_COLOR"}
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", sys.executable, "-B", path], stdin=theirs,
            stdout=theirs if stdout is None else stdout, stderr=theirs,
            env=clean | {"TERM": "xterm"} | environment)
        os.close(theirs)
        self._fd = ours
        self.raw = ""
        self.picture = Picture()

    def read(self, until=None):
        """Until a pattern was written, or the end."""
        deadline = time.monotonic() + 40 * SLACK
        while until is None or not re.search(until, self.raw):
            assert time.monotonic() < deadline, self.raw
            if not select.select([self._fd], [], [], 0.2)[0]:
                if self.process.poll() is not None:
                    break
                continue
            try:
                piece = os.read(self._fd, 65536).decode()
            except OSError:  # its end
                break
            self.raw += piece
            self.picture.feed(piece)
        return self.raw

    def send(self, text):
        os.write(self._fd, text)

    def end(self):
        self.read()
        os.close(self._fd)
        return self.process.wait(timeout=20)


def test_a_map_that_takes_long_shows_how_far_it_is_and_leaves_nothing(cluster):
    begin = time.monotonic()
    terminal = Terminal(cluster, "assert len(list(cluster.map(nap, [0.2] * 90))) == 90\nprint('done')\n")
    terminal.read(r"map \[")
    assert time.monotonic() - begin >= 2
    assert terminal.end() == 0
    assert terminal.picture.text() == ["done", ""]
    shown = [re.search(r"map \[([#.]{20})\] (\d+)/90, ([\d.]+)/s, 0:\d\d left$", row) for row in terminal.picture.seen]
    counts = [int(match.group(2)) for match in shown if match]
    assert counts == sorted(counts) and counts[-1] > counts[0]


def test_a_short_one_shows_nothing_unless_that_was_asked_for(cluster):
    terminal = Terminal(cluster, "list(cluster.map(nap, [0.3] * 6))\n")
    assert terminal.end() == 0 and terminal.raw == ""
    terminal = Terminal(cluster, "list(cluster.map(nap, iter([0.3] * 6), progress=True))\n")
    assert terminal.end() == 0 and re.search(r"map \d, [\d.]+/s, 0:00", terminal.raw)
    assert terminal.picture.text() == [""]


@pytest.mark.parametrize("call", ["cluster.map(nap, [2.6] * 3, progress=False)",
                                  "cluster.on(progress=False).map(nap, [2.6] * 3)"])
def test_no_progress_is_shown_where_it_is_not_wanted(cluster, call):
    terminal = Terminal(cluster, f"list({call})\n")
    assert terminal.end() == 0 and terminal.raw == ""


@pytest.mark.parametrize("term", [{"TERM": "dumb"}])
def test_a_dumb_terminal_gets_nothing(cluster, term):
    terminal = Terminal(cluster, "cluster.on(progress=True).run(nap, 0.5)\n", **term)
    assert terminal.end() == 0 and terminal.raw == ""


def test_a_pipe_gets_nothing_even_if_it_was_asked_for(cluster):
    result = cluster.run(BEGIN + "cluster.on(progress=True).run(nap, 0.5)\nlist(cluster.map(nap, [2.5]))\n")
    assert (result.stdout, result.stderr, result.returncode) == (b"", b"", 0)


def test_what_the_program_prints_between_results_is_whole(cluster):
    terminal = Terminal(cluster, "print('half a line', end=' ', flush=True)\n"
                                 "for item in cluster.map(lambda x: (nap(0.1), x)[1], range(20), progress=True):\n"
                                 "    print('result', item)\n")
    assert terminal.end() == 0
    assert "map [" in terminal.raw
    rows = terminal.picture.text()
    assert [row for row in rows if row != "half a line"] in (
        [f"result {i}" for i in range(20)] + [""], ["half a line result 0"] + [f"result {i}" for i in range(1, 20)] + [""])


def test_what_nodes_print_is_whole_and_the_line_comes_back(cluster):
    terminal = Terminal(cluster, "def work(x):\n"
                                 "    for part in range(3):\n"
                                 "        print(x, 'part', part, flush=True)\n"
                                 "        nap(0.3)\n"
                                 "futures = [cluster.submit(work, x) for x in range(6)]\n"
                                 "ClusterAPI.gather(futures, progress=True)\n")
    assert terminal.end() == 0
    assert sorted(terminal.picture.text()) == sorted([f"{x} part {p}" for x in range(6) for p in range(3)] + [""])
    assert terminal.raw.count("gather [") > 3


def test_half_a_line_of_a_node_stays_whole(cluster):
    terminal = Terminal(cluster, "def work():\n"
                                 "    print('half ', end='', flush=True)\n    nap(1)\n    print('whole')\n    nap(1)\n"
                                 "cluster.on(1, progress=True).run(work)\n")
    assert terminal.end() == 0
    assert terminal.picture.text() == ["half whole", ""] and "run [" in terminal.raw


@pytest.mark.parametrize("no_color", ["", "1"])
def test_failures_are_counted_and_red_where_colour_is_wanted(cluster, no_color):
    terminal = Terminal(cluster, "def work(x):\n    nap(0.2)\n    return 1 / x\n"
                                 "futures = [cluster.submit(work, x) for x in (1, 0, 0, 1)] + [cluster.submit(nap, 2)]\n"
                                 "try:\n    ClusterAPI.gather(futures[::-1], progress=True)\n"
                                 "except ZeroDivisionError:\n    print('raised')\n", NO_COLOR=no_color)
    assert terminal.end() == 0
    assert any(row.endswith(", 2 failed") for row in terminal.picture.seen)
    assert ("\x1b[31m" in terminal.raw) == (not no_color)
    assert terminal.picture.text() == ["raised", ""]


def test_ctrl_c_takes_the_line_away(cluster):
    terminal = Terminal(cluster, "try:\n    list(cluster.map(nap, [1234] * 3, progress=True))\n"
                                 "except KeyboardInterrupt:\n    print('stopped')\n")
    terminal.read(r"map \[")
    terminal.send(b"\x03")
    assert terminal.end() == 0
    assert terminal.picture.text()[-2:] == ["stopped", ""]
    assert "map [" not in "".join(terminal.picture.text())


def test_files_show_bytes(cluster):
    (cluster.folder / "big").write_bytes(os.urandom(1 << 20) * 64)
    terminal = Terminal(cluster, f"cluster.put({str(cluster.folder / 'big')!r}, {str(cluster.folder / 'there')!r}, targets=1, "
                                 "progress=True)\n")
    assert terminal.end() == 0
    assert re.search(r"put (\[[#.]+\] )?\d/\d files, [\d.]+ \w+ of 64\.0 MiB", terminal.raw), terminal.raw
    assert terminal.picture.text() == [""]


def test_a_function_is_told_instead_and_its_exception_ends_the_call(api, nodes, capfd):
    told = []
    assert list(nodes.map(lambda x: (__import__("time").sleep(0.1), x)[1], range(30), progress=told.append)) == \
        list(range(30))
    assert told[-1][:3] == (30, 30, 0) and told[-1].left == 0 and told[-1].rate > 0
    assert [it.done for it in told] == sorted(it.done for it in told) and len(told) > 3
    assert isinstance(told[0], api.Progress)
    nodes.on(progress=told.append).run(abs, 1)
    assert told[-1][:3] == (3, 3, 0)
    futures = [nodes.submit(abs, -1), nodes.submit(abs, "x")]
    with pytest.raises(TypeError):
        api.gather(futures, progress=told.append)

    def refuse(it):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(nodes.map(time.sleep, [0.5] * 3, progress=refuse))
    for wrong in (1, "yes"):
        with pytest.raises(TypeError, match="progress has to be True, False, None or a function, and not a"):
            nodes.map(abs, [1], progress=wrong)
    assert capfd.readouterr() == ("", "")


def test_a_generator_that_is_left_gives_the_line_back(cluster):
    terminal = Terminal(cluster, "kept = cluster.map(nap, [0.4] * 9, progress=True)\nnext(kept)\n"
                                 "cluster.on(progress=True).run(nap, 0.5)\nprint('end')\n")
    assert terminal.end() == 0
    assert "map [" in terminal.raw and "run [" in terminal.raw
    assert terminal.picture.text() == ["end", ""]


SLOW_START = """\
import logging, muster
logging.basicConfig(format="%(message)s", level="INFO")
class Slow(muster.LocalCloudProvider):
    def start_instance(self, *args, node_name="", **kwargs):
        nap(3.5 if node_name.endswith("2") else 0.1)
        return super().start_instance(*args, node_name=node_name, **kwargs)
lab = muster.Cluster("lab", Slow())
lab.add_nodes("compute", 3)
lab.start()
lab.stop()
print("done")
"""


def test_a_start_of_a_cluster_that_takes_long_shows_how_far_it_is(cluster, state):
    terminal = Terminal(cluster, SLOW_START)
    assert terminal.end() == 0
    assert any(re.search(r"^lab: starting \[[#.]{20}\] [0-3]/3 compute00\d ", row) for row in terminal.picture.seen)
    shown = [row for row in terminal.picture.text() if row]
    assert shown[-1] == "done" and shown[0].startswith("lab: compute00") and not any("[#" in row for row in shown)
    assert all(row.startswith("lab: compute00") for row in shown[:-1])
