"""What a job tries against whoever runs it: for test_hostile_job.py and test_own_user.py. Prints, as
JSON, {what: errno name, or what it got}. Arguments: a JSON object with `pids` {name: pid} and
`files` {name: path}."""

import ctypes
import errno
import json
import os
import signal
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
# It stops nobody, and ends with its tracer.
PTRACE_SEIZE = 0x4206
PIDFD_OPEN, PIDFD_GETFD = 434, 438


def attempt(action):
    try:
        return repr(action())[:100]
    except OSError as error:
        return errno.errorcode[error.errno]


def call(function, *arguments):
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")
    return "done"


def steal(pid):
    target = libc.syscall(PIDFD_OPEN, pid, 0)
    return call(libc.syscall, PIDFD_GETFD, target, 3, 0)


def read(path):
    with open(path, "rb") as file:
        return file.read(16)


def open_for_writing(path):
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
    return "opened"


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def name_of(pid):
    with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
        return file.read().strip()


def own_supervisor():
    pid = os.getppid()
    while name_of(pid) in ("sh", "python3"):
        pid = parent_of(pid)
    return pid


def main(wanted):
    pids = dict(wanted["pids"])
    # What may be looked into: or these attempts would show nothing.
    control = subprocess.Popen(["/bin/sleep", "4713"])
    pids["control"] = control.pid
    supervisor = pids["supervisor"] = own_supervisor()
    results = {}
    for name, pid in pids.items():
        results[f"ptrace {name}"] = attempt(lambda pid=pid: call(libc.ptrace, PTRACE_SEIZE, pid, 0, 0))
        results[f"getfd {name}"] = attempt(lambda pid=pid: steal(pid))
        # At its beginning there is nothing to read.
        results[f"mem {name}"] = attempt(lambda pid=pid: os.close(os.open(f"/proc/{pid}/mem", os.O_RDWR)))
        for file in ["environ", "maps", "auxv"]:
            results[f"{file} {name}"] = attempt(lambda pid=pid, file=file: read(f"/proc/{pid}/{file}"))
        for folder in ["fd", "map_files"]:
            results[f"{folder} {name}"] = attempt(lambda pid=pid, folder=folder: os.listdir(f"/proc/{pid}/{folder}"))
        for link in ["exe", "cwd", "root"]:
            results[f"{link} {name}"] = attempt(lambda pid=pid, link=link: os.readlink(f"/proc/{pid}/{link}"))
    for name, path in wanted["files"].items():
        results[f"read {name}"] = attempt(lambda path=path: read(path))
        results[f"write {name}"] = attempt(lambda path=path: open_for_writing(path))
        results[f"list {name}"] = attempt(lambda path=path: os.listdir(os.path.dirname(path)))
        results[f"via root {name}"] = attempt(lambda path=path: read(f"/proc/self/root{path}"))
    for name in wanted["kill"]:
        results[f"kill {name}"] = attempt(lambda name=name: os.kill(pids[name], signal.SIGKILL))
        results[f"stop {name}"] = attempt(lambda name=name: os.kill(pids[name], signal.SIGSTOP))
    control.kill()
    control.wait()
    print(json.dumps({"supervisor": name_of(supervisor), "results": results}))


main(json.loads(sys.argv[1] if len(sys.argv) > 1 else globals()["WANTED"]))
