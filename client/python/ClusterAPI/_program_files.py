"""What a Python file gives clustershell to run: the three shapes in which programs are written, and plain
scripts. Whatever here executes a user's file runs in a process that has no other purpose."""

import ast
import dataclasses
import importlib.util
import os
import re
import sys
import traceback

from ._program import MARK


@dataclasses.dataclass
class Found:
    """One command of a file."""
    name: str
    line: int = 0
    usage: str = ""
    summary: str = ""
    help: str = ""


class Problem(Exception):
    """What is wrong with a file, and in which line."""

    def __init__(self, line, message):
        super().__init__(message)
        self.line = line


def read(path):
    """The syntax tree of a file."""
    with open(path, "rb") as file:
        source = file.read()
    try:
        return ast.parse(source, path)
    except SyntaxError as error:
        raise Problem(error.lineno or 0, f"{type(error).__name__}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # a NUL byte, or brackets without end
        raise Problem(1, f"{type(error).__name__}: {error}") from None


def shape(tree):
    """How the file says what its commands are: "program", "commands", "com" or "more"; empty: it is a script."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if any(_last_name(decorator) == "program" for decorator in node.decorator_list):
                found.add("program")
            if node.name == "com" and not node.args.args:
                found.add("com")
            if node.name == "more" and len(node.args.args) == 1:
                found.add("more")
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "commands" for target in targets):
                found.add("commands")
    return next((kind for kind in ("program", "commands", "com", "more") if kind in found), "")


def is_run_as_main(tree):
    """Whether the file has a part for `python3 FILE`."""
    return any(isinstance(node, ast.If) and "__name__" in ast.dump(node.test) for node in tree.body)


def check_names(kind, tree):
    """Raises a Problem where `commands` is a list of names of which the file makes none."""
    if kind != "commands":
        return
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and "commands" in map(_last_name, node.targets)]
    names = list(_texts(assigned[-1].value)) if assigned else []
    made = {name.id for name in ast.walk(tree) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
    made |= {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    made |= {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
             for alias in node.names}
    if names and "*" not in made and not made.intersection(names):
        raise Problem(assigned[-1].lineno, f"commands names {names[0]!r}, but the file has no such function")


def _last_name(node):
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def load(path):
    """The module of a file, which this executes, as if its folder were the one it is started in."""
    name = os.path.splitext(os.path.basename(path))[0]
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def line_in(path, error):
    """The line of the file in which the exception came up; 0: in none."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno or 0
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return lines[-1] if lines else 0


def commands_of(kind, module, tree):
    """(the commands of a module, the problems of single ones)."""
    return {"program": _decorated, "commands": _listed, "com": _com, "more": _more}[kind](module, tree)


def _decorated(module, _tree):
    found = [_told(getattr(value, MARK), value) for value in vars(module).values()
             if callable(value) and isinstance(getattr(value, MARK, None), str)
             and getattr(value, "__module__", "") == module.__name__]
    return _checked(found)


def _listed(module, tree):
    line = _line_of_name(tree, "commands")
    names = module.commands
    if isinstance(names, str) or not isinstance(names, (list, tuple)):
        raise Problem(line, f"commands has to be a list of names, and not {names!r}")
    found, problems = [], []
    for name in names:
        function = getattr(module, name, None) if isinstance(name, str) else None
        if callable(function):
            found.append(_told(name, function))
        else:
            problems.append(Problem(line, f"commands names {name!r}, but the file has no such function"))
    checked, wrong = _checked(found)
    return checked, problems + wrong


def _com(module, tree):
    line = _line_of_name(tree, "com")
    found, problems = [], []
    for entry in module.com():
        if isinstance(entry, (list, tuple)) and len(entry) == 2 and all(isinstance(text, str) for text in entry):
            command = _told(entry[0], _called(module, entry[1]))
            command.line = command.line or line
            found.append(command)
        else:
            problems.append(Problem(line, f"com() gave {entry!r}, which is not [\"command\", \"module.function()\"]"))
    checked, wrong = _checked(found)
    return checked, problems + wrong


def com_source(module, name):
    """What com() says that a command executes."""
    return next(entry[1] for entry in module.com() if entry[0] == name)


def _called(module, source):
    """The function that "module.function()" calls; None where it is not as simple as that."""
    match = re.fullmatch(r"\s*(?:modules\.)?(?:(\w+)\.)?(\w+)\(.*\)\s*", source, re.DOTALL)
    own = match and match.group(1) in (None, module.__name__)
    return getattr(module, match.group(2), None) if own else None


def _more(module, tree):
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "more")
    parameter = function.args.args[0].arg
    found = {}
    for node in ast.walk(function):
        for text in _compared_with(node, parameter):
            if text.split():
                found.setdefault(text.split()[0], getattr(node, "lineno", function.lineno))
    if not found:
        raise Problem(function.lineno, f"more({parameter}) compares {parameter} with no text, so it has no command")
    help_text = _docstring(module.more)
    return _checked([Found(name, line, name, f"a branch of more() in {os.path.basename(module.__file__)}", help_text)
                     for name, line in found.items()])


def _compared_with(node, parameter):
    """The texts that the expression compares the parameter with."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Name) and side.id == parameter for side in sides):
            for side in sides:
                yield from _texts(side)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "startswith":
        if isinstance(node.func.value, ast.Name) and node.func.value.id == parameter:
            for argument in node.args:
                yield from _texts(argument)
    elif isinstance(node, ast.Match) and isinstance(node.subject, ast.Name) and node.subject.id == parameter:
        for pattern in ast.walk(node):
            if isinstance(pattern, ast.MatchValue):
                yield from _texts(pattern.value)


def _texts(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        for element in node.elts:
            yield from _texts(element)


def _line_of_name(tree, name):
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if getattr(node, "name", "") == name or any(getattr(target, "id", "") == name for target in targets):
            return node.lineno
    return 1


def _docstring(thing):
    text = getattr(thing, "__doc__", None)
    return text if isinstance(text, str) else ""


def told(name, docstring, line=0):
    """A command with what its docstring says: "usage - summary" in its first line that has text."""
    lines = [text.rstrip() for text in docstring.expandtabs().strip("\n").splitlines()]
    margin = min((len(text) - len(text.lstrip()) for text in lines[1:] if text), default=0)
    lines = [text[margin:] if text[:margin].isspace() or not text[:margin] else text.lstrip() for text in lines]
    while lines and not lines[0].strip():
        del lines[0]
    first = lines[0].strip() if lines else ""
    usage, dash, summary = first.rpartition(" - ")
    if not dash or not usage.split() or usage.split()[0] != name:
        usage, summary = name, first
    return Found(name, line, " ".join(usage.split()), summary.strip().rstrip("."), "\n".join(lines[1:]).strip("\n"))


def _told(name, function):
    code = getattr(function, "__code__", None)
    return told(name, _docstring(function), code.co_firstlineno if code else 0)


def _checked(found):
    good, problems, names = [], [], set()
    for command in found:
        if not command.name or re.search(r"[\s@!#|>'\"\\]", command.name) or not command.name.isprintable():
            problems.append(Problem(command.line, f"{command.name!r} cannot be typed as a command"))
        elif command.name in names:
            problems.append(Problem(command.line, f"there are two commands {command.name!r} in it"))
        else:
            names.add(command.name)
            good.append(command)
    return good, problems
