"""Reads a document's fenced blocks and does what they say (CONTRIBUTING.md has the convention)."""

import dataclasses
import os
import pathlib
import re
import secrets
import signal
import subprocess
import threading

SHELLS = {"sh", "bash", "shell", "console", "shell-session"}
DAEMON = re.compile(r"\bclusterd\b.*> *(\S+\.log) 2>&1 &")
# What bash tells of a job in the background whenever it likes.
JOB_NOTICE = re.compile(r"^bash: line \d+: +\d+ (Killed|Terminated) .*\n?", re.MULTILINE)


class DocumentError(AssertionError):
    pass


@dataclasses.dataclass
class Block:
    language: str
    options: list
    text: str
    line: int


@dataclasses.dataclass
class Step:
    command: str
    expected: list
    line: int


def blocks(text):
    """The fenced blocks of a document."""
    found, current = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if current is None and line.startswith("```"):
            language, *options = line[3:].split() or ["text"]
            current = Block(language, options, "", number)
        elif line.rstrip() == "```":
            found.append(current)
            current = None
        elif current is not None:
            current.text += line + "\n"
    if current is not None:
        raise DocumentError(f"line {current.line}: the block has no end")
    return found


def steps(block):
    """The commands of a console block, each with the output shown."""
    found = []
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ "):
            found.append(Step(line[2:], [], number))
        elif not found:
            raise DocumentError(f"line {number}: output without a command: {line}")
        elif line.startswith("> "):
            found[-1].command += "\n" + line[2:]
        else:
            found[-1].expected.append(line)
    return found


def _line_pattern(line):
    return ".*".join(re.escape(part) for part in line.rstrip().split("..."))


def matches(expected, output, any_order):
    lines = [line.rstrip() for line in output.splitlines()]
    if not any_order:
        pattern = "".join(
            "(?:.*\n)*?" if line.strip() == "..." else _line_pattern(line) + "\n" for line in expected)
        return re.fullmatch(pattern, "".join(line + "\n" for line in lines)) is not None
    rest = "..." in expected
    for line in (line for line in expected if line != "..."):
        hit = next((i for i, other in enumerate(lines) if re.fullmatch(_line_pattern(line), other)), None)
        if hit is None:
            return False
        del lines[hit]
    return rest or not lines


class Terminal:
    """One bash that all the commands of a document go through."""

    def __init__(self, folder, home):
        # What else the caller has set could change what the commands do.
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "CCACHE_DIR", "USER")
                       if name in os.environ}
        environment |= {"HOME": str(home), "LC_ALL": "C.UTF-8"}
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=folder, env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def run(self, command, timeout=600):
        """The output and the exit code of a command; `$?` stays for the next one."""
        mark = "end-" + secrets.token_hex(8)
        script = f"{command}\nmuster_code=$?; printf '\\n{mark} %s\\n' $muster_code; (exit $muster_code)\n"
        self._bash.stdin.write(script.encode())
        self._bash.stdin.flush()
        watchdog = threading.Timer(timeout, self.end)
        watchdog.start()
        output = b""
        try:
            while not (found := re.search(rb"\n" + mark.encode() + rb" (\d+)\n", output)):
                piece = self._bash.stdout.read1()
                if not piece:
                    raise DocumentError(f"`{command}` ended the terminal or took over {timeout} s:\n"
                                        + output.decode(errors="replace"))
                output += piece
        finally:
            watchdog.cancel()
        text = JOB_NOTICE.sub("", output[:found.start()].decode(errors="replace"))
        return text, int(found.group(1))

    def end(self):
        """Ends what the document started, at once."""
        try:
            os.killpg(self._bash.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._bash.wait()


def run_document(text, root, home, ci_script):
    """Does all that the document says; raises DocumentError with the line where it is wrong."""
    terminal = Terminal(root, home)
    try:
        for block in blocks(text):
            if block.language != "console" and block.language in SHELLS:
                raise DocumentError(f"line {block.line}: write shell blocks as `console`")
            if block.language == "console" and "ci" in block.options:
                _check_ci(block, ci_script)
            elif block.language == "console":
                _run_console(terminal, block)
            for option in block.options:
                if option.startswith("file="):
                    path = pathlib.Path(option[5:].replace("~", str(home), 1))
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(block.text, encoding="utf-8")
    finally:
        terminal.end()


def _check_ci(block, ci_script):
    for step in steps(block):
        if not re.search(r"(^|\s)" + re.escape(step.command) + r"$", ci_script, re.MULTILINE):
            raise DocumentError(f"line {step.line}: .ci/run does not run `{step.command}`")


def _run_console(terminal, block):
    todo = steps(block)
    for step, following in zip(todo, todo[1:] + [None]):
        output, code = terminal.run(step.command)
        asks_for_code = following is not None and following.command == "echo $?"
        if (code != 0) != ("fails" in block.options) and not asks_for_code and step.command != "echo $?":
            raise DocumentError(f"line {step.line}: `{step.command}` gave {code}:\n{output}")
        if step.expected and not matches(step.expected, output, "any-order" in block.options):
            raise DocumentError(f"line {step.line}: `{step.command}` gave\n{output}\nand not\n"
                                + "\n".join(step.expected))
        if (daemon := DAEMON.search(step.command)) is not None:
            # A reader types slower than a daemon starts; wait for the line that it then prints.
            terminal.run(f"for i in $(seq 100); do grep -qs listening {daemon.group(1)} && break; "
                         "sleep 0.1; done")
