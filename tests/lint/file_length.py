#!/usr/bin/python3
"""No source file over 400 lines; those over 300 are listed."""

import lint

LIMIT = 400
LONG = 300
SUFFIXES = (".h", ".cc", ".py", ".proto", ".cmake", ".sh", "CMakeLists.txt")


def check(root):
    complaints = []
    for name in lint.sources(root, SUFFIXES):
        lines = lint.read(root, name).count("\n")
        if lines > LIMIT:
            complaints.append(f"{name}: {lines} lines; {LIMIT} are the end: find the second noun in it")
        elif lines > LONG:
            print(f"long: {name}: {lines} lines")
    return complaints


GOOD = {"a.cc": "\n" * LIMIT, "notes.txt": "\n" * 999}
BAD = {
    "one line too many": {"a.cc": "\n" * (LIMIT + 1)},
    "a long script": {"tests/a.py": "\n" * (LIMIT + 1)},
}

if __name__ == "__main__":
    lint.run(check, GOOD, BAD)
