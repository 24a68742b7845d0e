#!/usr/bin/python3
"""What the built programs are linked with: `linkage.py BUILD_FOLDER`."""

import os
import re
import subprocess
import sys

PYTHON = r"libpython"
RPC = r"libgrpc|libprotobuf|libupb"

# Built file: what it must not need (directly), and what it has to.
RULES = {
    "bin/clusterd": (PYTHON, RPC),
    "bin/clusterd-spawner": (PYTHON + "|" + RPC, None),
    "bin/clusterd-worker": (RPC, PYTHON),
    "bin/clustershell": (PYTHON, None),
    "bin/muster-nodeset": (PYTHON + "|" + RPC, None),
    "bin/wordcount": (PYTHON + "|" + RPC + "|libabsl", None),
    "lib/libClusterAPI.so": (PYTHON, None),
}


def needed(path):
    output = subprocess.run(["readelf", "-dW", path], capture_output=True, check=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output)


def judge(name, libraries):
    forbidden, wanted = RULES[name]
    complaints = [f"{name} is linked with {library}, which it may not see"
                  for library in libraries if re.match(forbidden, library)]
    if wanted and not any(re.match(wanted, library) for library in libraries):
        complaints.append(f"{name} is not linked with {wanted}: is this rule still about the right file?")
    return complaints


def self_test():
    wrong = [
        ("bin/clusterd", ["libgrpc++.so.1.51", "libpython3.11.so.1.0"]),
        ("bin/clusterd", ["libc.so.6"]),
        ("bin/clusterd-worker", ["libpython3.11.so.1.0", "libprotobuf.so.32"]),
        ("bin/wordcount", ["libClusterAPI.so.0", "libgrpc++.so.1.51"]),
    ]
    silent = [name for name, libraries in wrong if not judge(name, libraries)]
    if judge("bin/clusterd-worker", ["libpython3.11.so.1.0", "libc.so.6"]) or not needed("/bin/sh"):
        silent.append("a good program")
    print("failed: " + ", ".join(silent) if silent else "ok")
    return 1 if silent else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    complaints = []
    for name in RULES:
        if not os.path.exists(f"{sys.argv[1]}/{name}"):
            complaints.append(f"{name} is not built in {sys.argv[1]}")
            continue
        complaints += judge(name, needed(f"{sys.argv[1]}/{name}"))
    print("\n".join(complaints) or f"{len(RULES)} programs and libraries are linked as they should be")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
