"""What the lint scripts share: the files of a tree, and how a script is run.

A script has a function `check(root)` that returns its complaints, and bad samples that it has to
complain about. `SCRIPT ROOT` checks a tree; `SCRIPT --self-test` shows that the script can fail.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77  # what ctest knows as "skipped"


def files(root):
    """Every file of the tree that git tracks or would track, relative to root, sorted."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        capture_output=True, check=False)
    if listing.returncode == 0:
        names = os.fsdecode(listing.stdout).split("\0")
    else:  # not a git tree: all there is, but for builds
        names = []
        for folder, folders, found in os.walk(root):
            folders[:] = [name for name in folders if name not in (".git", "build", "__pycache__")]
            names += [os.path.relpath(os.path.join(folder, name), root) for name in found]
    return sorted(name for name in set(names) if name and (pathlib.Path(root) / name).is_file())


def sources(root, suffixes=(".h", ".cc")):
    return [name for name in files(root) if name.endswith(suffixes)]


def read(root, name):
    return (pathlib.Path(root) / name).read_text(encoding="utf-8", errors="replace")


def run(check, good, bad):
    """`good`: a tree {path: text} without complaints; `bad`: {what is wrong: tree}."""
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(_self_test(check, good, bad))
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} ROOT | --self-test")
    complaints = check(pathlib.Path(sys.argv[1]))
    for complaint in complaints:
        print(complaint)
    print(f"{pathlib.Path(sys.argv[0]).name}: {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


def _self_test(check, good, bad):
    failures = 0
    for title, tree, wanted in [("a good tree", good, False)] + [
            (title, tree, True) for title, tree in bad.items()]:
        with tempfile.TemporaryDirectory(dir=os.environ.get("MUSTER_SCRATCH")) as scratch:
            for name, text in tree.items():
                path = pathlib.Path(scratch) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            # A repository of its own: the scratch folder may lie inside another one.
            subprocess.run(["git", "init", "-q", scratch], check=True)
            complaints = check(pathlib.Path(scratch))
        if bool(complaints) != wanted:
            failures += 1
            print(f"FAILED {title}: " + ("no complaint" if wanted else "; ".join(complaints)))
        else:
            print(f"ok {title}" + (f": {complaints[0]}" if complaints else ""))
    return 1 if failures else 0
