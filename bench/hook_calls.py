"""Hooks: what a call of one that does nothing costs, and of a module that has no function for it."""

import json
import subprocess

from figures import Figure
from processes import BenchError

MODULES = {"noop": "def pre_execute(*pos_args, **keyword_args):\n    pass\n", "absent": "x = 1\n"}


def times(stage, count):
    folder = stage.folder / "hooks"
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in MODULES.items():
        (folder / f"{name}.py").write_text(text)
        (folder / f"{name}.py").chmod(0o600)
    program = stage.programs.parent / "bench" / "hook_driver"
    result = subprocess.run([program, str(count), str(folder)], stdin=subprocess.DEVNULL,
                            env={**stage.environment, "MUSTER_BIN_DIR": str(stage.programs),
                                 "XDG_STATE_HOME": str(stage.folder / "state")},
                            capture_output=True, text=True, check=False, timeout=120)
    if result.returncode != 0:
        raise BenchError(f"{program.name} {count} ended with {result.returncode}: {result.stderr}")
    return json.loads(result.stdout)


def calls(stage, size):
    against = "a line of JSON to a Python process and back over a socketpair"
    noop = Figure(row="H1", name="a hook that does nothing", unit="us", ours=[], command="pre_execute", against=against)
    absent = Figure(row="H1", name="a module without the function", unit="us", ours=[], command="pre_execute", against=against)
    for _ in size.rounds_in_time():
        took = times(stage, size.hook_calls)
        for figure, name in ((noop, "noop_us"), (absent, "absent_us")):
            figure.ours.append(took[name])
            figure.baseline.append(took["bare_us"])
            figure.verified += size.hook_calls
    yield from (noop, absent)


ROWS = {"H1": calls}
