#!/usr/bin/python3
"""CMake lists its sources by name: every source is listed, and nothing is globbed."""

import re

import lint


def without_comments(text):
    return re.sub(r"#[^\n]*", "", text)


def check(root):
    complaints = []
    lists = {}
    for name in lint.files(root):
        if name.endswith(("CMakeLists.txt", ".cmake")):
            lists[name] = without_comments(lint.read(root, name))
            if re.search(r"\bfile\s*\(\s*GLOB", lists[name], re.IGNORECASE):
                complaints.append(f"{name}: lists files with GLOB: a new one would not be built")
    for name in lint.sources(root, (".cc", ".py")):
        if name.endswith(".py") and not re.match(r"tests/(lint/(?!lint\.py)|python/test_)", name):
            continue  # shared by scripts that are listed
        if not is_listed(name, lists):
            complaints.append(f"{name}: no CMakeLists.txt above it names it")
    return complaints


def is_listed(name, lists):
    folders = name.split("/")[:-1]
    for length in range(len(folders), -1, -1):
        folder = "/".join(folders[:length])
        cmake = (folder + "/" if folder else "") + "CMakeLists.txt"
        relative = name[len(folder) + 1:] if folder else name
        if cmake in lists and re.search(rf"(?<![\w./-]){re.escape(relative)}(?![\w./-])", lists[cmake]):
            return True
    return False


GOOD = {
    "common/CMakeLists.txt": "muster_library(common SOURCES address.cc sub/deep.cc)\n",
    "common/address.cc": "",
    "common/sub/deep.cc": "",
}
BAD = {
    "a source nobody builds": {"common/CMakeLists.txt": "# address.cc\n", "common/address.cc": ""},
    "a longer name": {"common/CMakeLists.txt": "x(my_address.cc)\n", "common/address.cc": ""},
    "a glob": {"common/CMakeLists.txt": "file(GLOB SOURCES *.cc)\n"},
    "a lint script that never runs": {"tests/lint/CMakeLists.txt": "", "tests/lint/new.py": ""},
}

if __name__ == "__main__":
    lint.run(check, GOOD, BAD)
