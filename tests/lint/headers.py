#!/usr/bin/python3
"""Every public header compiles alone, with g++ and clang++, as C++20 without a warning. Without
clang++ (Debian package clang) g++ judges alone, but in CI both have to."""

import os
import re
import shutil
import subprocess
import sys

import lint

PUBLIC = re.compile(r"client/(ClusterAPI|muster/[a-z_]+)\.h$")
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", "c++", "-"]
COMPILERS = ["g++", "clang++"]


def compiles(root, name, compiler):
    """What the compiler says of a file that includes nothing else; twice, as it may happen."""
    source = f'#include "{name}"\n#include "{name}"\n'
    result = subprocess.run([compiler, "-I.", *FLAGS], cwd=root, input=source, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return "" if result.returncode == 0 else result.stdout


def check(root):
    complaints = []
    for name in lint.sources(root, (".h",)):
        if not PUBLIC.match(name):
            continue
        for compiler in filter(shutil.which, COMPILERS):
            said = compiles(root, name, compiler)
            if said:
                complaints.append(f"{name} does not compile alone with {compiler}:\n{said.strip()}")
    return complaints


GOOD = {
    "client/ClusterAPI.h": '#pragma once\n#include "muster/value.h"\n',
    "client/muster/value.h": "#pragma once\n#include <string>\nstruct Value { std::string text; };\n",
    "client/behind.h": "std::string not_public;\n",
}
BAD = {
    "what it needs is not included": {"client/muster/a.h": "#pragma once\ninline std::string a;\n"},
    "only what stood before it includes that": {
        "client/ClusterAPI.h": '#pragma once\n#include <string>\n#include "muster/a.h"\n',
        "client/muster/a.h": "#pragma once\nstruct A { std::string text; };\n"},
    "it may be included once only": {"client/muster/a.h": "struct A {};\n"},
    "a warning": {"client/muster/a.h": "#pragma once\ninline int f(int unused) { return 1; }\n"},
    "an extension of a compiler": {"client/muster/a.h": "#pragma once\nstruct A { int a; int b[0]; };\n"},
}


def main():
    missing = [compiler for compiler in COMPILERS if shutil.which(compiler) is None]
    for compiler in missing:
        print(f"{compiler} is not installed: it is not known whether the headers compile with it")
    if missing and os.environ.get("MUSTER_LINT_TOOLS") == "required":
        sys.exit(1)
    if missing == COMPILERS:
        sys.exit(lint.SKIPPED)
    lint.run(check, GOOD, BAD)


if __name__ == "__main__":
    main()
