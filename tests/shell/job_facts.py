"""What a job is, as JSON; run on a node by test_rights.py and test_identities.py."""

import json
import os
import sys


def words_of_status(pid="self"):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def descriptors():
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append((int(name), os.readlink(f"/proc/self/fd/{name}")))
        except FileNotFoundError:
            pass  # of the listing itself
    return sorted(found)


status = words_of_status()
mask = os.umask(0)
os.umask(mask)
print(json.dumps({
    "uids": os.getresuid(),
    "gids": os.getresgid(),
    "groups": sorted(os.getgroups()),
    "capabilities": [int(status[name], 16) for name in ["CapInh", "CapPrm", "CapEff", "CapAmb"]],
    "no_new_privs": int(status["NoNewPrivs"]),
    "descriptors": descriptors(),
    "environment": dict(os.environ),
    "umask": mask,
    "directory": os.getcwd(),
    "zygote": parent_of(os.getppid()),
    "prefix": sys.prefix,
    "base_prefix": sys.base_prefix,
    "executable": sys.executable,
    "path": sys.path,
}))
