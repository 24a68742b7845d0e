"""The process in which clustershell looks into Python files, and runs what they give:

    python3 -P -m ClusterAPI._program_host list FILE...      a line of JSON for each
    python3 -P -m ClusterAPI._program_host run FILE NAME LINE
    python3 -P -m ClusterAPI._program_host file FILE LINE
"""

import ast
import dataclasses
import json
import os
import shlex
import sys
import traceback

from . import _program_files as files
from ._program import MARK

FAILED, WRONG_LINE, INTERRUPTED = 1, 2, 130


# ---- What there is ----

def describe(path):
    """What a file gives, as clustershell reads it."""
    problems = []
    answer = {"kind": "module", "programs": [], "problems": []}
    try:
        tree = files.read(path)
        kind = files.shape(tree)
        if kind == "":
            name = os.path.splitext(os.path.basename(path))[0]
            answer["kind"] = "script"
            found = [files.told(name, ast.get_docstring(tree) or "", 1)]
        else:
            files.check_names(kind, tree)  # what is no file of commands is not run to find that out
            found, problems = files.commands_of(kind, files.load(path), tree)
        answer["programs"] = [dataclasses.asdict(command) for command in found]
    except files.Problem as problem:
        problems = [problem]
    except BaseException as error:  # whatever the file does when it is read: it is one that does not work
        problems = [files.Problem(files.line_in(path, error), _reason(error))]
    answer["problems"] = [{"line": problem.line, "message": str(problem)} for problem in problems]
    return answer


def _reason(error):
    text = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()
    return text[-1] if text else type(error).__name__


def list_files(paths):
    # What a file prints while it is read is nobody's business.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for number, path in enumerate(paths):
        answers.write(json.dumps({"number": number, **describe(path)}, ensure_ascii=False) + "\n")
        answers.flush()
    answers.close()
    os._exit(0)  # threads that a file started do not keep us


# ---- Running one ----

def run(path, name, line):
    """Runs the command of a file that is called so; without a name the one that `run FILE` means."""
    debug = os.environ.get("MUSTER_DEBUG") == "yes"
    try:
        return _call(path, name, line, debug)
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit:
        raise
    except BaseException as error:  # a user's program may raise anything
        sys.stdout.flush()
        if debug:
            traceback.print_exception(type(error), error, _theirs(error.__traceback__))
        else:
            at = files.line_in(path, error)
            place = f" ({os.path.basename(path)}, line {at})" if at else ""
            print(f"{name or path}: {_reason(error)}{place}; 'debug on' shows the traceback", file=sys.stderr)
        return FAILED


def _theirs(trace):
    """Without the frames of this file in front."""
    while trace is not None and trace.tb_frame.f_code.co_filename in (__file__, files.__file__):
        trace = trace.tb_next
    return trace


def _call(path, name, line, debug):
    tree = files.read(path)
    kind = files.shape(tree)
    if not name and (not kind or files.is_run_as_main(tree)):
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, path, *_words(line)])  # a script
    sys.argv = [path, *_words(line)]
    module = files.load(path)
    if not name:
        name = _only_name(kind, module, tree)
        if name is None:
            return 0  # a script that has run, and only looked like one of those
    if kind == "program":
        function = next(value for value in vars(module).values() if getattr(value, MARK, None) == name)
        return _exit_code(_decorated(function, name, _words(line)), name)
    if kind == "commands":
        from ._program_cluster import ProgramCluster, logger
        getattr(module, name)(line, ProgramCluster(), logger(debug))
        return 0
    if kind == "com":
        exec(files.com_source(module, name), vars(module) | {module.__name__: module})  # as its loader did
        return 0
    if module.more(f"{name} {line}".strip()):
        return 0
    print(f"{name}: more() of {path} did not take '{f'{name} {line}'.strip()}'", file=sys.stderr)
    return WRONG_LINE


def _only_name(kind, module, tree):
    """The command that `run FILE` means: the only one, or the one that is called as the file."""
    names = [command.name for command in files.commands_of(kind, module, tree)[0]]
    if len(names) > 1 and module.__name__ not in names:
        raise SystemExit(f"{module.__file__} has several commands: 'load {module.__file__}', then {', '.join(names)}")
    return module.__name__ if module.__name__ in names else next(iter(names), None)


def _decorated(function, name, words):
    import inspect

    import ClusterAPI
    try:
        inspect.signature(function).bind(None, *words)
    except TypeError as error:
        usage = files.told(name, function.__doc__ or "").usage
        print(f"{name}: {error}; usage: {usage}", file=sys.stderr)
        return WRONG_LINE
    with ClusterAPI.connect() as cluster:
        return function(cluster, *words)


def _words(line):
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()  # the raw line is still there for who wants it


def _exit_code(value, name):
    """None and True are well, False is not; a number is the code itself. Nothing that says "failed" becomes 0."""
    if value is None or isinstance(value, bool):
        return FAILED if value is False else 0
    if isinstance(value, int) and 0 <= value <= 255:
        return value
    what = f"{value}, which is no exit code (0 to 255)" if isinstance(value, int) else \
        f"a {type(value).__name__}, and not an exit code: {value!r}"
    print(f"{name}: it returned {what:.200}", file=sys.stderr)
    return FAILED


def main():
    if len(sys.argv) >= 3 and sys.argv[1] == "list":
        list_files(sys.argv[2:])
    if len(sys.argv) == 5 and sys.argv[1] == "run":
        return run(*sys.argv[2:])
    if len(sys.argv) == 4 and sys.argv[1] == "file":
        return run(sys.argv[2], "", sys.argv[3])
    print(__doc__, file=sys.stderr)
    return WRONG_LINE


if __name__ == "__main__":
    sys.exit(main())
