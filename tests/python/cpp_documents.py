"""Makes a program of the C++ that a document shows (CONTRIBUTING.md has the convention)."""

import dataclasses
import re

import documents

MARK = "// the snippet"


@dataclasses.dataclass
class Snippet:
    page: str
    block: documents.Block
    shown: documents.Block  # the output that the document shows; None: none

    @property
    def name(self):
        return f"{self.page}:{self.block.line}"


def snippets(page, text):
    """The C++ of a page that stands in no file, each with the block `text` that follows it."""
    found = documents.blocks(text)
    following = found[1:] + [None]
    return [Snippet(page, block, after if after is not None and after.language == "text" else None)
            for block, after in zip(found, following)
            if block.language == "cpp" and "frame" not in block.options
            and not any(option.startswith("file=") for option in block.options)]


def _frame(page, text):
    """What stands before a snippet, and behind it."""
    frames = [block for block in documents.blocks(text)
              if block.language == "cpp" and "frame" in block.options]
    if len(frames) != 1:
        raise documents.DocumentError(f"{page}: snippets need one block `cpp frame`, not {len(frames)}")
    before, mark, after = frames[0].text.partition(MARK)
    if not mark:
        raise documents.DocumentError(f"{page}:{frames[0].line}: the frame has no line `{MARK}`")
    return frames[0].line, before, after.partition("\n")[2]


def _is_program(block):
    return re.search(r"^int main\(", block.text, re.MULTILINE) is not None


def _as_function(text):
    """A program as a function; falling off its end is success, as with main."""
    head, brace, tail = re.sub(r"^int main\(", "static int Main(", text, flags=re.MULTILINE).rpartition("}")
    return f"{head}return 0;\n{brace}{tail}"


def program(page, text):
    """One source with all the snippets of a page: `program LINE` runs the one that begins there."""
    includes, functions, cases = {}, "", ""
    for snippet in snippets(page, text):
        block = snippet.block
        at = f'#line {block.line + 1} "{page}"\n'
        if _is_program(block):
            source = at + _as_function(block.text)
        else:
            line, before, after = _frame(page, text)
            source = _as_function(f'#line {line + 1} "{page}"\n{before}\n{at}{block.text}{after}')
        for include in re.findall(r"^#include .*$", source, re.MULTILINE):
            includes[include] = None
        source = re.sub(r"^#include .*$", "", source, flags=re.MULTILINE)
        functions += f"namespace snippet_{block.line} {{\n{source}}}\n"
        # So that a program may have the arguments of a program.
        call = "argc - 1, argv + 1" if re.search(r"int Main\(\w", source) else ""
        cases += f"    case {block.line}: return snippet_{block.line}::Main({call});\n"
    return ("\n".join(includes) + "\n#include <cstdlib>\n" + functions + f'#line 1 "{page}, its programs"\n'
            "int main(int argc, char** argv) {\n  switch (argc > 1 ? std::atoi(argv[1]) : 0) {\n"
            + cases + "  }\n  return 99;\n}\n")


def judge(snippet, code, output):
    """Raises DocumentError when what it did is not what the document says."""
    if (code != 0) != ("fails" in snippet.block.options):
        raise documents.DocumentError(f"{snippet.name}: it ended with {code}:\n{output}")
    expected = snippet.shown.text.splitlines() if snippet.shown else []
    any_order = snippet.shown is not None and "any-order" in snippet.shown.options
    if not documents.matches(expected, output, any_order):
        raise documents.DocumentError(f"{snippet.name}: it printed\n{output}\nand not\n" + "\n".join(expected))
