"""What plugins of Python 2 mean by what Python 3 reads another way: the part of it that lib2to3 leaves."""

import ast
import importlib

# Of the module string; today they are methods of texts.
_METHODS = {"split", "strip", "lstrip", "rstrip", "upper", "lower", "swapcase", "capitalize", "replace", "find",
            "rfind", "index", "rindex", "count", "zfill", "ljust", "rjust", "center", "expandtabs", "translate"}
_FUNCTIONS = {"join": lambda words, between=" ": between.join(words),
              "joinfields": lambda words, between=" ": between.join(words),
              "splitfields": lambda text, *rest: text.split(*rest),
              "atoi": lambda text, base=10: int(text, base), "atol": lambda text, base=10: int(text, base),
              "atof": float}
_PROGRAMS = {"Popen", "check_output"}  # of subprocess; they gave texts


class _String:
    """The functions that the module string had."""

    def __getattr__(self, name):
        if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        return lambda text, *rest: getattr(text, name)(*rest)


def _cmp(one, other):
    return (one > other) - (one < other)


def _divided(one, other):
    """Of whole numbers a whole number."""
    return one // other if isinstance(one, int) and isinstance(other, int) else one / other


def _open(name, mode="r", buffering=-1):
    """Texts are whatever bytes the file has, and come out as they went in."""
    kind = mode.replace("U", "") or "r"
    if kind in ("b", "t", "+"):
        kind = "r" + kind
    if "b" in kind:
        return open(name, kind, buffering if buffering != 1 else -1)
    return open(name, kind, buffering if buffering != 0 else -1, encoding="utf-8", errors="surrogateescape",
                newline=None if "U" in mode else "" if "r" in kind and "+" not in kind else "\n")


# What a module is given that uses these names.
BUILTINS = {"cmp": _cmp, "file": _open, "reload": importlib.reload, "_python2_divided": _divided,
            "_python2_open": _open, "_python2_string": _String()}


def missing_in(code):
    """Those of them that the code uses, in whatever depth."""
    names, todo = set(), [code]
    while todo:
        one = todo.pop()
        names.update(one.co_names)
        todo += [constant for constant in one.co_consts if isinstance(constant, type(code))]
    return {name: BUILTINS[name] for name in BUILTINS if name in names}


class _Meant(ast.NodeTransformer):
    """Changes a tree. `divides`: whole numbers are divided to whole numbers."""

    def __init__(self, tree, divides):
        self._divides = divides
        self._modules, self._programs = set(), set()
        for item in ast.walk(tree):
            if isinstance(item, ast.Import):
                self._modules.update(one.asname or one.name for one in item.names if one.name == "subprocess")
            elif isinstance(item, ast.ImportFrom) and item.module == "subprocess":
                self._programs.update(one.asname or one.name for one in item.names if one.name in _PROGRAMS)

    def visit_BinOp(self, item):
        self.generic_visit(item)
        if not self._divides or not isinstance(item.op, ast.Div):
            return item
        return _called("_python2_divided", item, [item.left, item.right])

    def visit_AugAssign(self, item):
        self.generic_visit(item)
        if not self._divides or not isinstance(item.op, ast.Div):
            return item
        before = _loaded(item.target)
        value = _called("_python2_divided", item, [before, item.value])
        return ast.copy_location(ast.Assign([item.target], value), item)

    def visit_Attribute(self, item):
        self.generic_visit(item)
        is_string = isinstance(item.value, ast.Name) and item.value.id == "string"
        if is_string and (item.attr in _METHODS or item.attr in _FUNCTIONS):
            item.value = ast.copy_location(ast.Name("_python2_string", ast.Load()), item.value)
        return item

    def visit_Call(self, item):
        self.generic_visit(item)
        called = item.func
        if isinstance(called, ast.Name) and called.id in ("open", "file"):
            item.func = ast.copy_location(ast.Name("_python2_open", ast.Load()), called)
        is_program = isinstance(called, ast.Name) and called.id in self._programs or (
            isinstance(called, ast.Attribute) and called.attr in _PROGRAMS
            and isinstance(called.value, ast.Name) and called.value.id in self._modules)
        if is_program and not {word.arg for word in item.keywords} & {None, "universal_newlines", "encoding", "text"}:
            item.keywords += [ast.keyword("encoding", ast.Constant("utf-8")),
                              ast.keyword("errors", ast.Constant("surrogateescape"))]
        return item


def _called(name, item, arguments):
    return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), arguments, []), item)


def _loaded(target):
    """The same place, to be read."""
    parsed = ast.parse(ast.unparse(target), mode="eval").body
    return ast.copy_location(parsed, target)


def meant(tree, divides):
    """The tree as Python 2 would have run it."""
    return ast.fix_missing_locations(_Meant(tree, divides).visit(tree))
