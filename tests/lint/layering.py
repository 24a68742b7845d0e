#!/usr/bin/python3
"""Which folder may include which (the table of ARCHITECTURE.md), and who sees gRPC or Python."""

import re

import lint

# The longest matching folder counts. A folder may always include itself and what lies below it.
MAY_INCLUDE = {
    "common": [],
    "common/python": [],
    "proto": ["common"],
    "files": ["common"],
    "server": ["common", "proto"],
    "server/service": ["common", "proto", "server"],
    "server/identity": ["common"],
    "server/execution": ["common", "server/identity", "server/spawner"],
    "server/spawner": ["common", "files"],
    "server/worker": ["common", "server/execution", "server/spawner"],
    "client": ["common", "files", "proto"],
    "client/python": ["common"],
    "provision": ["client", "common"],
    "provision/python": ["common", "provision"],
    "shell": ["client", "provision", "common"],
    "examples": [],
    "bench": ["common", "client"],
}
# These see the client's public header only, not what is behind it.
PUBLIC_FACE_ONLY = ["client/python", "provision", "shell", "examples"]
# The one visible list of programs that the shell knows; programs themselves see the public header only.
# What is measured there is behind no public header.
MAY_ALSO_INCLUDE = {"shell/program_list.cc": ["examples"], "bench/hook_driver.cc": ["provision"]}
# Tests may look into everything.
FREE = ["tests"]

RPC = re.compile(r"(grpc|grpcpp|google/protobuf|muster/v1)/|.*\.pb\.h$")
MAY_SEE_RPC = ["proto", "server", "server/service", "client", "bench"]
PYTHON = re.compile(r"pybind11/|Python\.h$")
MAY_SEE_PYTHON = ["server/worker", "client/python", "common/python", "provision/python"]

TOP = {"common", "proto", "files", "server", "client", "provision", "shell", "examples", "bench", "tests"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD = re.compile(r"[a-z_0-9]+$")
# ClusterAPI.h and its parts. Everybody includes the first; the parts include each other.
PUBLIC = re.compile(r"client/(ClusterAPI|muster/[a-z_]+)\.h$")


def layer_of(path, table):
    """The longest folder of the table that holds the path; None: none does."""
    folders = path.split("/")[:-1]
    for length in range(len(folders), 0, -1):
        folder = "/".join(folders[:length])
        if folder in table:
            return folder
    return None


def includes(root, name):
    for number, line in enumerate(lint.read(root, name).splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def resolve(name, header, known):
    """The file of the tree that an include means; None: not ours."""
    if header == "ClusterAPI.h":
        return "client/ClusterAPI.h"
    if header.split("/")[0] in TOP:
        return header
    return beside(name, header) if beside(name, header) in known else None


def beside(name, header):
    """Where the compiler looks first, and where it is when the public headers are installed."""
    return name.rsplit("/", 1)[0] + "/" + header


def may_include(name, target):
    layer = layer_of(name, MAY_INCLUDE)
    if layer is None or layer_of(target, [layer]) == layer:
        return True
    if layer_of(name, PUBLIC_FACE_ONLY):
        if target == "client/ClusterAPI.h":
            return True
        if target.startswith("client/"):
            return False
    allowed = MAY_INCLUDE[layer] + MAY_ALSO_INCLUDE.get(name, [])
    return layer_of(target, dict.fromkeys(allowed)) is not None


def check(root):
    complaints = []
    names = lint.sources(root)
    known = set(names)
    for name in names:
        if layer_of(name, dict.fromkeys(FREE)) or "/" not in name:
            continue
        if layer_of(name, MAY_INCLUDE) is None:
            complaints.append(f"{name}: its folder is not in the table of tests/lint/layering.py")
            continue
        for number, header, quoted in includes(root, name):
            where = f"{name}:{number}: "
            is_part = quoted and PUBLIC.match(beside(name, header))
            if PUBLIC.match(name) and not STANDARD.match(header) and not is_part:
                complaints.append(where + f"ClusterAPI.h includes the standard library only, not {header}")
            if RPC.match(header) and layer_of(name, MAY_INCLUDE) not in MAY_SEE_RPC:
                complaints.append(where + f"{layer_of(name, MAY_INCLUDE)} sees no gRPC and no protobuf, but includes {header}")
            if PYTHON.match(header) and layer_of(name, MAY_SEE_PYTHON) is None:
                complaints.append(where + f"only {' and '.join(MAY_SEE_PYTHON)} see Python, but this includes {header}")
            target = resolve(name, header, known) if quoted or header == "ClusterAPI.h" else None
            if target and not may_include(name, target):
                complaints.append(where + f"{layer_of(name, MAY_INCLUDE)} may not include {header}")
    return complaints


GOOD = {
    "client/ClusterAPI.h": '#include <string>\n#include "muster/status.h"\n',
    "client/muster/status.h": '#include <string>\n#include "export.h"\n',
    "client/muster/export.h": "\n",
    "client/call.cc": '#include <grpcpp/grpcpp.h>\n#include "client/call.h"\n#include "proto/convert.h"\n',
    "server/service/node.cc": '#include "server/execution/execution.h"\n#include "muster/v1/node.pb.h"\n',
    "server/worker/main.cc": '#include <Python.h>\n#include "common/unique_fd.h"\n',
    "shell/main.cc": '#include <ClusterAPI.h>\n#include "shell/prompt.h"\n',
    "client/python/module.cc": '#include <pybind11/pybind11.h>\n#include "client/ClusterAPI.h"\n',
    "examples/wordcount/main.cc": "#include <ClusterAPI.h>\n",
    "tests/unit/x.cc": '#include "server/execution/execution.h"\n',
}
BAD = {
    "server includes client": {"server/service/a.cc": '#include "client/call.h"\n'},
    "client includes server": {"client/a.cc": '#include "server/execution/execution.h"\n'},
    "execution sees gRPC": {"server/execution/a.h": "#include <grpcpp/grpcpp.h>\n"},
    "spawner sees protobuf": {"server/spawner/a.cc": "#  include <google/protobuf/message.h>\n"},
    "worker sees the generated code": {"server/worker/a.cc": '#include "muster/v1/node.pb.h"\n'},
    "execution includes service": {"server/execution/a.cc": '#include "server/service/a.h"\n'},
    "ClusterAPI.h includes Abseil": {"client/ClusterAPI.h": "#include <absl/status/status.h>\n"},
    "a part of it includes Abseil": {"client/muster/a.h": '#include "absl/status/status.h"\n'},
    "a part of it looks behind the public header": {"client/muster/a.h": '#include "client/wire.h"\n'},
    "a program names a part of the public header": {"shell/a.cc": '#include "client/muster/status.h"\n'},
    "ClusterAPI.h includes a system header": {"client/ClusterAPI.h": "#include <unistd.h>\n"},
    "common includes proto": {"common/a.h": '#include "proto/convert.h"\n'},
    "shell looks behind the public header": {"shell/a.cc": '#include "client/channel.h"\n'},
    "shell sees gRPC": {"shell/a.cc": "#include <grpc/grpc.h>\n"},
    "an example sees the server": {"examples/a/a.cc": '#include "server/worker/pool.h"\n'},
    "the daemon sees Python": {"server/service/a.cc": "#include <pybind11/embed.h>\n"},
    "the Python module sees gRPC": {"client/python/a.cc": "#include <grpcpp/grpcpp.h>\n"},
    "the Python module looks behind the public header": {"client/python/a.cc": '#include "client/call_state.h"\n'},
    "a folder nobody knows": {"utils/a.cc": "\n"},
}

if __name__ == "__main__":
    lint.run(check, GOOD, BAD)
