"""Runs the Python that a document shows (CONTRIBUTING.md has the convention). As a program: runs the page
that it is given, piece by piece, and prints a mark around what each printed."""

import dataclasses
import json
import os
import re
import sys
import types

import documents

# What follows the mark is the number of the piece that comes, and how the one before it ended.
MARK = "\x01the piece"


@dataclasses.dataclass
class Piece:
    name: str  # page:line
    language: str  # "python" or "ipython"
    source: str
    fails: bool
    expected: list  # lines; None: a line of a table, whose output is nobody's business
    any_order: bool


def pieces(page, text):
    """The Python of a page that stands in no file, and the column "Muster" of its tables, in their order."""
    found = documents.blocks(text)
    made = []
    for block, after in zip(found, found[1:] + [None]):
        if block.language not in ("python", "ipython") or "other" in block.options or \
                any(option.startswith("file=") for option in block.options):
            continue
        shown = after if after is not None and after.language == "text" else None
        made.append((block.line, Piece(f"{page}:{block.line}", block.language, block.text, "fails" in block.options,
                                       shown.text.splitlines() if shown else [],
                                       shown is not None and "any-order" in shown.options)))
    made += [(line, Piece(f"{page}:{line}", "python", source, False, None, False)) for line, source in _rows(text)]
    return [piece for _, piece in sorted(made, key=lambda pair: pair[0])]


def _rows(text):
    """(line, source) of the last column of tables that call it Muster: the `code` that a cell begins with, lines
    of it with <br> between. What follows is prose."""
    is_ours = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            is_ours = False
            continue
        last = line.strip().strip("|").split("|")[-1].strip()
        if re.match(r"^\|[-| ]+\|$", line.strip()):
            continue
        if last == "Muster":
            is_ours = True
        elif is_ours and (code := re.match(r"`[^`]+`(<br>`[^`]+`)*", last)):
            yield number, code.group().strip("`").replace("`<br>`", "\n") + "\n"


def others(page, text):
    """(name, source) of the blocks `python other`: another library's, which are only read."""
    return [(f"{page}:{block.line}", block.text) for block in documents.blocks(text)
            if block.language == "python" and "other" in block.options]


def judge(todo, output):
    """Raises DocumentError for the first piece that did not do what the page says."""
    said = re.split(rf"\n?{MARK} (\d+) (\w+)\n", output)
    told = {int(place): (how, text) for place, how, text in zip(said[1::3], said[2::3], said[3::3])}
    for place, piece in enumerate(todo):
        text = told[place][1] if place in told else ""
        how = told.get(place + 1, ("lost", ""))[0]
        if (how != "ok") != piece.fails:
            raise documents.DocumentError(f"{piece.name}: it ended {how}:\n{text}\n{output if how == 'lost' else ''}")
        if piece.expected is not None and not documents.matches(piece.expected, text, piece.any_order):
            raise documents.DocumentError(f"{piece.name}: it printed\n{text}\nand not\n" + "\n".join(piece.expected))


def _run(todo):
    """All pieces in one namespace, as of one program. Of what a piece raises the last line is printed."""
    ours = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")  # what a page defines is a script's
    names = vars(sys.modules["__main__"])
    shell = None
    how = "ok"
    for place, piece in enumerate(todo):
        _mark(place, how)
        if piece["language"] == "ipython":
            if shell is None:
                from IPython.core.interactiveshell import InteractiveShell
                shell = InteractiveShell.instance(colors="NoColor", user_ns=names)
            how = "ok"
            for cell in re.split(r"\n\n+", piece["source"].strip("\n")):
                if not shell.run_cell(cell, store_history=True).success:
                    how = "raised"
            continue
        try:
            exec(compile(piece["source"], piece["name"], "exec"), names)
            how = "ok"
        except BaseException as error:
            kind = type(error)
            module = "" if kind.__module__ == "builtins" else kind.__module__ + "."
            print(f"{module}{kind.__qualname__}: {error}", flush=True)
            how = "raised"
    _mark(len(todo), how)
    sys.modules["__main__"] = ours


def _mark(place, how):
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, f"\n{MARK} {place} {how}\n".encode())


if __name__ == "__main__":
    _run(json.load(open(sys.argv[1], encoding="utf-8")))
