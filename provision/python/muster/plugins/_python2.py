"""Plugins that were written for Python 2: what a machine can change is changed as they are loaded. The file stays."""

import ast
import re
import warnings

from ._python2_tree import meant, missing_in  # noqa: F401 (missing_in: for who runs the code)

# Names, attributes and modules by which a file that is Python 3, too, shows that it means Python 2.
_NAMES = {"unicode", "xrange", "basestring", "raw_input", "long", "unichr", "reduce", "execfile", "intern", "file",
          "apply", "map", "filter", "zip"}
_ATTRIBUTES = {"has_key", "iteritems", "iterkeys", "itervalues", "keys", "values", "items", "next", "getcwdu", "maxint",
               "im_func", "im_self", "func_name", "izip", "imap", "ifilter", "lowercase", "uppercase", "letters"}
_MODULES = {"urllib2", "urllib", "urlparse", "ConfigParser", "StringIO", "cStringIO", "Queue", "commands", "cPickle",
            "httplib", "Tkinter", "thread", "HTMLParser", "Cookie", "cookielib", "SocketServer", "xmlrpclib",
            "__builtin__", "copy_reg"}

# Of lib2to3's changes those that do no harm to Python 3.
_HARMLESS = ("dict", "execfile", "filter", "funcattrs", "getcwdu", "has_key", "imports", "imports2", "import", "intern",
             "itertools", "itertools_imports", "long", "map", "methodattrs", "next", "raw_input", "reduce",
             "sys_exc", "types", "unicode", "urllib", "xrange", "zip", "basestring", "apply", "isinstance")
_REST = ("except", "exec", "metaclass", "ne", "nonzero", "numliterals", "operator", "paren", "print", "raise",
         "repr", "standarderror", "throw", "tuple_params", "xreadlines", "exitfunc", "future")

# What lib2to3 does not know.
_MORE = ((re.compile(r"\bstring\.(lowercase|uppercase|letters)\b"), r"string.ascii_\1"),
         (re.compile(r"\bsys\.maxint\b"), "sys.maxsize"),
         (re.compile(r"\bsys\.setdefaultencoding\([^()\n]*\)"), "None"))

# Names, attributes and modules that are Python 2 for sure, in a file that does not make them itself.
_SURE_NAMES = {"unicode", "xrange", "basestring", "raw_input", "long", "unichr", "execfile"}
_SURE_ATTRIBUTES = {"has_key", "iteritems", "iterkeys", "itervalues"}

_SIGNS = re.compile(
    r"^\s*print\s+[^(=\s]|^\s*print\s*$|^\s*exec\s+[^(=]|except\s+[\w.()\s]+,\s*\w+\s*:|^\s*raise\s+[\w.]+\s*,|<>|`"
    r"|(?<![\w.])0\d+|\bur['\"]|lambda\s*\(|(?<![\w.])\d+[lL]\b|def\s+\w+\(.*\(")


class CannotConvert(Exception):
    """It is Python 2, and a machine cannot change it. line: where; reason: what to do"""

    def __init__(self, line, reason):
        super().__init__(f"Python 2 syntax, line {line}: {reason}")
        self.line = line


def text_of(data):
    """Source as text: in the encoding that it names, else UTF-8, else as Python 2 took bytes."""
    import io
    import tokenize
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = data.decode("latin-1")
    # Its text is one already: a line that says otherwise would mislead.
    text = re.sub(r"\A(?:#!.*\n)?\s*#.*?coding[:=][ \t]*[-\w.]+.*",
                  lambda found: found[0].replace("coding", "encoded"), text)
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def compiled(data, path, in_package=False):
    """The code of a file. `in_package`: what it imports may lie beside it, as Python 2 had it. SyntaxError: it is
    neither Python 3 nor 2; CannotConvert: it is Python 2, and stays so."""
    text = text_of(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a text, say
            tree = ast.parse(text, path)
    except SyntaxError as error:
        return _converted(text, path, error, in_package)
    if _prints_as_python2(tree):
        return _compile(_changed(text, path, _HARMLESS + _REST, {}, in_package) or text, path, _divides(text))
    divides = _divides(text) if _is_python2(tree) else None
    if divides is not None or _means_python2(tree):
        changed = _changed(text, path, _HARMLESS, {"print_function": True}, in_package)
        if changed is not None:
            try:
                return _compile(changed, path, divides)
            except SyntaxError:
                pass  # then as it stands
    return _compile(text, path, divides)


def _compile(text, path, divides=None):
    """`divides`: it is Python 2, and whether whole numbers are divided as there; None: it is Python 3."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text, path)
        return compile(tree if divides is None else meant(tree, divides), path, "exec", dont_inherit=True)


def _divides(text):
    return re.search(r"^from __future__ import .*\bdivision\b", text, re.MULTILINE) is None


def _is_python2(tree):
    """Whether Python 3 could not run it: not for its syntax, but for what it uses."""
    everything = list(ast.walk(tree))
    imports = [item for item in everything if isinstance(item, (ast.Import, ast.ImportFrom))]
    if any(item in tree.body and _imported(item) & (_MODULES - {"urllib"}) for item in imports):
        return True  # within a try it may be one of two
    if any(isinstance(item, ast.Call) and _is_universal(item) for item in everything):
        return True
    taken = set().union(*map(_imported, imports))
    if "starcluster" not in taken:
        return False
    names = [item for item in everything if isinstance(item, ast.Name)]
    own = {item.id for item in names if isinstance(item.ctx, ast.Store)}
    if any(item.id in _SURE_NAMES - own for item in names):
        return True
    attributes = {item.attr for item in everything if isinstance(item, ast.Attribute)}
    return "six" not in taken and bool(attributes & _SURE_ATTRIBUTES)


def _imported(item):
    """The top names of what an import takes."""
    if isinstance(item, ast.Import):
        return {alias.name.split(".")[0] for alias in item.names}
    return {(item.module or "").split(".")[0]} if item.level == 0 else set()


def _is_universal(call):
    """Whether it is open(…, "rU")."""
    if not isinstance(call.func, ast.Name) or call.func.id != "open" or len(call.args) < 2:
        return False
    return isinstance(call.args[1], ast.Constant) and "U" in str(call.args[1].value)


def _prints_as_python2(tree):
    """Whether it has `print >> file, text`, or `print` alone: Python 3 reads both, and does nothing that is meant."""
    for item in ast.walk(tree):
        if isinstance(item, ast.Expr):
            value = item.value.elts[0] if isinstance(item.value, ast.Tuple) and item.value.elts else item.value
            while isinstance(value, ast.BinOp):
                value = value.left
            if isinstance(value, ast.Name) and value.id == "print":
                return True
    return False


def _means_python2(tree):
    imports = set()
    has_sign = False
    for item in ast.walk(tree):
        if isinstance(item, (ast.Import, ast.ImportFrom)):
            imports.update(_imported(item))
        elif isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load):
            has_sign = has_sign or item.id in _NAMES
        elif isinstance(item, ast.Attribute):
            has_sign = has_sign or item.attr in _ATTRIBUTES
    return bool(imports & (_MODULES - {"urllib"})) or (has_sign or "urllib" in imports) and "starcluster" in imports


def _converted(text, path, error, in_package):
    # Tabs are eight columns there, and may be mixed with spaces.
    text = re.sub(r"^[ \t]+", lambda found: found[0].expandtabs(8), text, flags=re.MULTILINE)
    divides = _divides(text)
    try:
        return _compile(text, path, divides)
    except SyntaxError as still:
        error = still
    changed = _changed(text, path, _HARMLESS + _REST, {}, in_package)
    if changed is None:
        lines = text.splitlines()
        line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
        if _lib2to3() is None and _SIGNS.search(line):
            raise CannotConvert(error.lineno, "lib2to3 changes that, which is not installed "
                                "(Debian package python3-lib2to3)") from None
        raise error
    try:
        return _compile(changed, path, divides)
    except SyntaxError as left:
        raise CannotConvert(left.lineno, f"{left.msg}; this has to be changed by hand") from None


def _lib2to3():
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from lib2to3 import refactor
        return refactor
    except ImportError:
        return None


def _changed(text, path, fixers, options, in_package):
    """The text with those changes; None: lib2to3 cannot read it, or is not there."""
    refactor = _lib2to3()
    if refactor is None:
        return None
    names = [f"lib2to3.fixes.fix_{name}" for name in fixers if name != "import" or in_package]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tool = refactor.RefactoringTool(names, options)
            tree = tool.refactor_string(text if text.endswith("\n") else text + "\n", path)
        changed = None if tree is None else str(tree)
        for pattern, by in _MORE if changed is not None else ():
            changed = pattern.sub(by, changed)
        return changed
    except Exception:  # the parser's own, the tokenizer's, and those of a change that was not foreseen
        return None
