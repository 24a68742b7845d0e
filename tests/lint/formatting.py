#!/usr/bin/python3
"""Every C++ file is as clang-format 14 writes it. Skipped where that is not installed, but in CI."""

import os
import shutil
import subprocess
import sys

import lint

STYLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".clang-format")


def check(root):
    complaints = []
    for name in lint.sources(root):
        text = lint.read(root, name).encode()
        formatted = subprocess.run(
            ["clang-format-14", f"--style=file:{STYLE}", f"--assume-filename={name}"],
            input=text, capture_output=True, check=True).stdout
        if formatted != text:
            line = next((number for number, (ours, theirs) in enumerate(
                zip(text.splitlines(), formatted.splitlines()), 1) if ours != theirs), "its end")
            complaints.append(f"{name}:{line}: run clang-format-14 -i {name}")
    return complaints


GOOD = {"a.cc": "int main() { return 0; }\n"}
BAD = {"a brace of its own": {"a.cc": "int main()\n{\n  return 0;\n}\n"}}

if __name__ == "__main__":
    if shutil.which("clang-format-14") is None:
        print("clang-format-14 is not installed (Debian package clang-format)")
        sys.exit(1 if os.environ.get("MUSTER_LINT_TOOLS") == "required" else lint.SKIPPED)
    lint.run(check, GOOD, BAD)
