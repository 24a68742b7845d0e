"""The processes of a run: a clusterd of its own, the bare gRPC server, and the driver."""

import json
import os
import pathlib
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import memory

ROOT = pathlib.Path(__file__).resolve().parent
PEER_READY = 90  # seconds for a system of Python and its workers
READY = 20  # seconds for a process to say that it is there
WORK = 120  # seconds for one work of the driver
END = 10


class BenchError(Exception):
    """What a person has to be told."""


def times_of(stage, script, count):
    """What a driver of Python prints last, an object of JSON, of work with `count` nodes; all of them have to answer."""
    state = stage.folder / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    result = subprocess.run([sys.executable, "-B", str(ROOT / script), str(count)], stdin=subprocess.DEVNULL,
                            env={**stage.environment, "XDG_STATE_HOME": str(state), "TMPDIR": str(stage.folder),
                                 "PYTHONPATH": str(stage.programs.parent / "python")},
                            capture_output=True, text=True, check=False, timeout=WORK)
    if result.returncode != 0:
        raise BenchError(f"{script} {count} ended with {result.returncode}: {result.stderr}")
    took = json.loads(result.stdout.splitlines()[-1])
    if took["verified"] != count:
        raise BenchError(f"{took['verified']} of {count} nodes answered as they should")
    return took


def read_line(stream, seconds, what):
    """One line of a pipe without a buffer."""
    line = b""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0, deadline - time.monotonic())):
                raise BenchError(f"{what} said nothing in {seconds} s")
            piece = os.read(stream.fileno(), 65536)
            if not piece:
                raise BenchError(f"{what} ended: {line.decode(errors='replace')}")
            line += piece
    return line.decode(errors="replace").strip()


class Program:
    """A process with pipes for input and output; what it says to stderr goes to ours."""

    def __init__(self, words, environment=None):
        self.name = pathlib.Path(words[0]).name
        self._process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
            env=environment)
        self.pid = self._process.pid

    def write(self, line):
        self._process.stdin.write(line.encode() + b"\n")

    def read(self, seconds):
        return read_line(self._process.stdout, seconds, self.name)

    def end(self):
        self._process.stdin.close()
        if self.name == "clusterd":
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


class Driver:
    """bench_driver: asked in turn, so that what is compared never runs at once."""

    def __init__(self, program):
        self._program = program
        self.pid = program.pid

    def do(self, *words):
        """The numbers of one work, by name."""
        self._program.write(" ".join(map(str, words)))
        answer = self._program.read(WORK)
        if answer.startswith("error "):
            raise BenchError(f"{' '.join(map(str, words))}: {answer[6:]}")
        fields = answer.split()
        return dict(zip(fields[::2], map(float, fields[1::2])))


class Stage:
    """A folder of its own with everything that the rows need; ends all of it."""

    def __init__(self, build):
        self.programs = pathlib.Path(build) / "bin"
        self.bench = pathlib.Path(build) / "bench"
        # Not in a deep folder: the path of a socket holds 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="muster-bench-"))
        self._started = []
        self.environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(self.folder),
                            "LC_ALL": "C.UTF-8", "MUSTER_BIN_DIR": str(self.programs)}

    def __enter__(self):
        try:
            self.daemon = self.start_daemon("n1")
            baseline = self.start([self.bench / "bench_baseline", self.folder / "baseline.sock"])
            baseline.read(READY)
            self.driver = self.start_driver("n1")
            self.driver.do("round_trip", 3, 2)  # every process of the node is there now
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for program in reversed(self._started):
            program.end()
        shutil.rmtree(self.folder)

    def start(self, words, more=None):
        program = Program(words, {**self.environment, **(more or {})})
        self._started.append(program)
        return program

    def keep(self, program):
        """Whatever has an end(): it is called when everything ends."""
        self._started.append(program)
        return program

    def end(self, program):
        self._started.remove(program)
        program.end()

    def daemon_words(self, name):
        return [self.programs / "clusterd", "--name", name, "--listen", f"unix:{self.folder}/{name}.sock",
                "--log-level", "error"]

    def start_daemon(self, name):
        """Returns when it listens."""
        daemon = self.start(self.daemon_words(name))
        daemon.read(READY)
        return daemon

    def configuration(self, name):
        """The file that names one node at its socket in the folder."""
        path = self.folder / f"{name}.conf"
        path.write_text(f"[cluster bench]\nnodes = {name}=unix:{self.folder}/{name}.sock\n", encoding="utf-8")
        return path

    def start_driver(self, name):
        return Driver(self.start([self.bench / "bench_driver", self.configuration(name),
                                  self.folder / "baseline.sock"]))

    def start_python_driver(self, name):
        """python_driver.py for one system, whose workers are there when this returns."""
        environment = {"MUSTER_CONFIG": str(self.configuration("n1")),
                       "PYTHONPATH": str(self.programs.parent / "python")}
        program = self.start([sys.executable, "-B", ROOT / "python_driver.py", name, self.folder], environment)
        said = program.read(PEER_READY)
        if said != "ready":
            raise BenchError(f"{name}: {said}")
        return program

    def node_processes(self):
        """{what: pid} of the node's lasting processes."""
        found = {"clusterd": self.daemon.pid}
        todo = [self.daemon.pid]
        while todo:
            for pid in memory.children(todo.pop()):
                name = memory.program(pid)
                if name.startswith("clusterd-spawne"):
                    found["spawner"] = pid
                    todo.append(pid)
                elif name.startswith("clusterd-worker") and "zygote" not in found:
                    found["zygote"] = pid
        return found
