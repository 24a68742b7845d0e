"""What the module costs to import, and that a process may fork, and end, at any moment."""

import signal
import subprocess
import sys
import time

import pytest
from conftest import SLACK, ends


def start_time(program):
    """The quickest of several starts, in seconds."""
    times = []
    for _ in range(7):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        times.append(time.perf_counter() - begin)
    return min(times)


def test_the_import_takes_a_tenth_of_a_second_at_most():
    bare, ours = start_time("pass"), start_time("import ClusterAPI")
    print(f"a bare interpreter {bare:.3f} s, with the import {ours:.3f} s: {ours / bare:.1f} times")
    assert ours - bare < 0.1 * SLACK


def test_the_import_needs_no_more_than_the_standard_library():
    program = ("import sys, ClusterAPI; print([name for name in ('numpy', 'cloudpickle', 'asyncio', 'IPython', 'joblib',"
               " 'html', 'multiprocessing') if name in sys.modules])")
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"[]\n"


def test_the_import_starts_nothing():
    program = "import os, ClusterAPI; print(len(os.listdir('/proc/self/task')))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"1\n"


BEGIN = """\
import _thread, atexit, os, sys, threading, time
import ClusterAPI
cluster = ClusterAPI.connect()
[future.result() for future in cluster.shell("true")]

def waits(function, *arguments):
    threading.Thread(target=function, args=arguments, daemon=True).start()
    time.sleep(0.3)

NAP = "import time; time.sleep(1234)"
nap = time.sleep
"""

# What a program was doing when it came to its end, however it did.
DOING = {
    "nothing": "",
    "calls": "[cluster.submit(nap, 1234) for _ in range(40)]",
    "output": "cluster.shell('while :; do echo some output; done')\ntime.sleep(0.3)",
    "a thread in execute": "waits(ClusterAPI.execute, 1, NAP)",
    "a thread in a result": "waits(cluster.submit(nap, 1234).result)",
    "a thread in run": "waits(cluster.run, nap, 1234)",
    "a thread in a map": "waits(lambda: list(cluster.map(nap, [1234] * 9)))",
    "a thread in a stream": "waits(lambda: list(cluster.stream('yes')))",
    "a thread in a session": "waits(cluster.session().run, NAP)",
    "a thread that submits": "waits(lambda: [cluster.submit(abs, -1).result() for _ in range(10 ** 9)])",
    "a stream half read": "stream = cluster.stream('yes')\nnext(stream)",
    "a map half read": "results = cluster.map(nap, [0] * 9 + [1234] * 900)\nnext(results)",
    "a value half read": "value = ClusterAPI.execute(1, 'iter(int, 1)', 1)\nnext(iter(value))",
    "a local cluster": "own = ClusterAPI.local(2)\nfuture = own.submit(nap, 1234)",
    "a cluster in a cycle": "own = ClusterAPI.local(1)\nown.self = own\nfuture = own.submit(nap, 1234)\nfuture.own = own",
}
ENDS = {
    "falls off its end": ("", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "os._exit": ("os._exit(4)", 4),
    "an exception": ("raise SystemExit('the end')", 1),
    # Of the shell, which waits for no worker.
    "a call in atexit": ("atexit.register(lambda: print([f.result().exit_code for f in cluster.shell('exit 3')], flush=True))",
                         0),
    "sys.exit in a thread": ("_thread.start_new_thread(sys.exit, (5,))\ntime.sleep(0.2)", 0),
}


def end_of(cluster, program):
    result = cluster.run(BEGIN + program)
    assert b"Fatal" not in result.stderr and b"terminate called" not in result.stderr, result.stderr
    assert b"Traceback" not in result.stderr, result.stderr
    return result


@pytest.fixture(name="lab", scope="module")
def fixture_lab():
    """One cluster for all that only end."""
    from conftest import Cluster
    made = Cluster(3)
    yield made
    made.close()


# Everything with the plainest and the strangest end, and with the others what has most threads.
PAIRS = [(doing, end) for end in ENDS for doing in DOING
         if end in ("falls off its end", "a call in atexit") or doing in ("calls", "a thread in a stream", "a local cluster")]


@pytest.mark.parametrize("doing, end", PAIRS)
def test_a_program_ends_as_it_said_whatever_it_was_doing(lab, doing, end):
    how, code = ENDS[end]
    begin = time.monotonic()
    result = end_of(lab, f"{DOING[doing]}\n{how}\n")
    assert result.returncode == code, result.stderr
    assert time.monotonic() - begin < 5 * SLACK
    if end == "a call in atexit":
        assert b"[3, 3, 3]" in result.stdout  # what comes meanwhile may stand before the end of its line
    assert result.stderr == (b"the end\n" if end == "an exception" else b"")


def test_what_it_started_ends_with_it(cluster):
    result = end_of(cluster, "for future in cluster.shell('echo $$; exec sleep 1234'): pass\ntime.sleep(1)\nos._exit(0)\n")
    pids = [int(line) for line in result.stdout.split()]
    assert len(pids) == 3 and all(ends(pid) for pid in pids)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_that_is_killed_leaves_nothing_of_a_local_cluster(cluster, number):
    process = cluster.start("import ClusterAPI, os, time\n"
                            "own = ClusterAPI.local(2)\n"
                            "pids = list(own.run(os.getpid).values())\n"
                            "print(*pids, flush=True)\n"
                            "own.submit(time.sleep, 1234).result()\n")
    pids = list(map(int, process.stdout.readline().split()))
    process.send_signal(number)
    process.communicate(timeout=30)
    assert len(pids) == 2 and all(ends(pid) for pid in pids)


FORK = BEGIN + """\
{before}
pid = os.fork()
if pid == 0:
    {child}
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status), cluster.submit(abs, -2).result(){after}, flush=True)
"""
TRY = """
    for call in (lambda: cluster.submit(abs, -1).result(), lambda: cluster.run(abs, -1), lambda: cluster.session(target=1),
                 lambda: list(cluster.stream("true")), lambda: ClusterAPI.execute(1, "1"), ClusterAPI.connect,
                 lambda: ClusterAPI.local(1), lambda: list(cluster.map(abs, [1])),
                 lambda: cluster.put("/etc/hostname", "/tmp/nowhere", progress=False)):
        try:
            print("no error", call())
        except RuntimeError as error:
            print("fork" in str(error), end=" ")
    sys.stdout.flush()
    os._exit(7)"""


def test_a_fork_is_told_that_it_cannot_use_the_library_whatever_it_calls(cluster):
    result = cluster.run(FORK.format(before="ClusterAPI.execute(1, '1')", child=TRY.strip(), after=""))
    assert (result.stdout, result.stderr) == (b"True " * 9 + b"7 2\n", b"")


@pytest.mark.parametrize("child, code", [("sys.exit(3)", 3), ("sys.exit()", 0), ("os._exit(5)", 5),
                                         ("cluster.close(); sys.exit(6)", 6), ("del cluster; sys.exit(7)", 7)])
def test_a_forks_end_ends_nothing_of_its_parents(cluster, child, code):
    before = "own = ClusterAPI.local(2)\nfuture = own.submit(lambda: (nap(2), 5)[1])\nrunning = cluster.submit(nap, 2)"
    begin = time.monotonic()
    result = cluster.run(FORK.format(before=before, child=child, after=", future.result(), own.submit(abs, -1).result(),"
                                     " running.result()"))
    assert (result.stdout, result.stderr) == (f"{code} 2 5 1 None\n".encode(), b"")
    assert time.monotonic() - begin < 6 * SLACK


def test_workers_of_multiprocessing_may_fork_from_it(cluster):
    result = cluster.run("import multiprocessing\n" + BEGIN +
                         "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
                         "    print(pool.map(abs, [-1, -2]), list(cluster.map(abs, [-3])))\n")
    assert (result.stdout, result.stderr) == (b"[1, 2] [3]\n", b"")


def test_a_subprocess_of_it_keeps_none_of_its_descriptors(cluster):
    result = cluster.run(BEGIN + "import subprocess\n"
                                 "print(subprocess.run(['ls', '/proc/self/fd'], capture_output=True, close_fds=False)"
                                 ".stdout.split())\n")
    assert len(eval(result.stdout)) <= 4, result.stdout


FEW_DESCRIPTORS = """\
import os, resource
import ClusterAPI
cluster = ClusterAPI.connect()
free = os.open("/dev/null", os.O_RDONLY)
os.close(free)
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
for left in range(16):
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + left, most))
    said = set()
    # A second try waits in between, once gRPC is there to wait with: not here.
    for future in cluster.on(retries=1 if left < 9 else 0).shell("true"):
        try:
            said.add(future.result().ok)
        except ClusterAPI.NodeUnreachable as error:
            said.add("no descriptor is left: Too many open files" in str(error) or str(error))
    said.update(bool(check) or "no descriptor is left" in check["reason"] or check["reason"] for check in cluster.check())
    if said != {True}:
        print(left, said)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
print([future.result() for future in cluster.python("1")])
"""


def test_without_descriptors_nodes_are_unreachable_and_with_them_they_are_not(cluster):
    result = cluster.run(FEW_DESCRIPTORS)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"[1, 1, 1]\n", b"")
