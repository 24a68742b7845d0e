"""Pictures of a real terminal, for the tour: clustershell is typed into, and what its screen shows is
written as SVG. scripts/pictures draws them anew; a test looks whether they still are what is shown."""

import html
import os
import pathlib
import re
import signal
import sys
import tempfile

import pexpect
import pyte

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/pictures"
COLUMNS, ROWS = 92, 18
TEXT, SPACE = 14, 19  # size of a letter, height of a row, in pixels
WIDTH = 8.43          # of a letter

# Each: the name, how many nodes, and what is typed. A text is a line, and then the prompt is waited
# for; a tuple is (what is typed, what is waited for).
PICTURES = {
    "show": (4, ["tag 1,2 app=web", "show", "show web -o name"]),
    "commands": (4, ["@ uname -s", "@1-3 [ $MUSTER_NODE != n2 ] || exit 7", "jobs"]),
    "folded": (4, ["@ -b echo disk 40%; [ $MUSTER_NODE = n3 ] && echo disk 97%; true",
                   "diff"]),
    "questions": (3, ["@1-3 printf 'Do you want to continue? [Y/n] '; read x; echo \"you said $x\"", "@1,2 y", "@3 n"]),
    "terminal": (2, [("@n2", "a terminal on n2"), ("PS1='n2$ '; clear\r", "n2$ "), ("cd /usr; echo on $MUSTER_NODE in $PWD\r", "n2$ "),
                     ("~.", "back from n2"), ("", "muster> ")]),
}


class Terminal:
    """A screen, and the program in front of it."""

    def __init__(self, program, arguments, environment):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.Stream(self.screen)
        self.child = pexpect.spawn(str(program), arguments, env=environment, dimensions=(ROWS, COLUMNS), timeout=60,
                                   encoding="utf-8", cwd=environment["HOME"])
        self.child.logfile_read = self

    def write(self, text):
        self.stream.feed(text)

    def flush(self):
        pass

    def type(self, keys, awaited):
        if keys.endswith("\r") or keys == "~." or not keys:
            self.child.send(keys)
        else:
            self.child.sendline(keys)
        self.child.expect_exact("\n" if keys and keys != "~." else awaited)
        if keys and keys != "~.":
            self.child.expect_exact(awaited)

    def rows(self):
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows


def screen_of(name, programs):
    """The rows that the picture shows now."""
    nodes, lines = PICTURES[name]
    with tempfile.TemporaryDirectory(prefix="muster-tour-") as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "XDG_STATE_HOME": f"{home}/state", "TERM": "linux",
                       "LC_ALL": "C.UTF-8", "MUSTER_BIN_DIR": str(programs), "ENV": "", "SHELL": "/bin/sh"}
        terminal = Terminal(programs / "clustershell", ["--local", str(nodes)], environment)
        try:
            terminal.child.expect_exact("muster> ")
            for line in lines:
                keys, awaited = line if isinstance(line, tuple) else (line, "muster> ")
                terminal.type(keys, awaited)
            return terminal.rows()
        finally:
            terminal.child.kill(signal.SIGTERM)
            terminal.child.expect(pexpect.EOF)
            terminal.child.close(force=True)


def draw(rows):
    width, height = round(COLUMNS * WIDTH) + 24, ROWS * SPACE + 24
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
             f'<rect width="{width}" height="{height}" rx="6" fill="#1d2021"/>',
             f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{TEXT}" fill="#ebdbb2" '
             'xml:space="preserve">']
    for number, row in enumerate(rows):
        lines.append(f'<text x="12" y="{12 + TEXT + number * SPACE}" textLength="{max(1, round(len(row) * WIDTH))}">'
                     f"{html.escape(row)}</text>")
    return "\n".join([*lines, "</g>", "</svg>", ""])


def rows_of(svg):
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>(.*)</text>", svg)]


def steady(rows):
    """Without what is another one each time: times, numbers of processes, folders, the order of nodes."""
    rows = [re.sub(r"/tmp/muster-\w+", "/tmp/muster", row) for row in rows]
    text = [re.sub(r"[\d.]+ *(ms|s|us|%|min)?", "#", row) for row in rows]
    return sorted(re.sub(r"  +", " ", row) for row in text)


def main():
    programs = ROOT / "build/release/bin"
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        (FOLDER / f"{name}.svg").write_text(draw(screen_of(name, programs)), encoding="utf-8")
        print(f"docs/pictures/{name}.svg")


if __name__ == "__main__":
    sys.exit(main())
