#!/usr/bin/python3
"""Words that have no place in the repository: machine paths, notes of unfinished work."""

import re

import lint

# Written so that this file does not hold them itself.
FORBIDDEN = {
    r"/(work|root|home/[a-z])/": "a path of one machine",
    r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b": "unfinished work: finish it, or say in words what is not there",
    r"(?i)\b(issue|ticket) #?\d": "a number that means nothing to a reader of the tree",
    r"^(<{7}|>{7}) ": "a merge conflict",
}
TEXT = (".h", ".cc", ".py", ".proto", ".cmake", ".sh", ".txt", ".md", ".json", ".in", ".supp", ".conf")


def is_text(root, name):
    return name.endswith(TEXT) or b"\0" not in (root / name).read_bytes()[:8192]


def check(root):
    complaints = []
    for name in lint.files(root):
        if name == "LICENSE" or not is_text(root, name):
            continue
        for number, line in enumerate(lint.read(root, name).splitlines(), 1):
            for pattern, why in FORBIDDEN.items():
                if re.search(pattern, line):
                    complaints.append(f"{name}:{number}: {why}: {line.strip()[:80]}")
    return complaints


GOOD = {"README.md": "The network and its framework/rules, homework/1, ~/lab.\n"}
BAD = {
    "a path of a machine": {"a.md": "see /wo" + "rk/notes\n"},
    "unfinished work": {"a.cc": "// TO" + "DO: later\n"},
    "unfinished work in a script": {"scripts/a": "# FIX" + "ME\n"},
    "an issue's number": {"a.cc": "// see issue" + " 12\n"},
    "a merge conflict": {"a.cc": "<" * 7 + " HEAD\n"},
}

if __name__ == "__main__":
    lint.run(check, GOOD, BAD)
