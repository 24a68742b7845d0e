"""Hooks that misbehave cost their caller their deadline at most, are named, and harm nobody else."""

import os
import re
import time

import pytest
from test_clusters import configure, fixture_lab, good  # noqa: F401 (the fixture)
from test_hooks import hook, log_of

from conftest import BIN, SLACK

GOOD = """
count = 0
def pre_execute(request, **keyword_args):
    global count
    count += 1
    request["environment"]["GOOD"] = str(count)
"""

# What it does, and what is said of it; {place} is FILE:LINE.
MISBEHAVIOUR = {
    "raises": ("raise ValueError('boom')", "ValueError: boom ({place})"),
    "exits": ("__import__('sys').exit(3)", "it called sys.exit(3) ({place})"),
    "ends": ("__import__('os')._exit(5)", "exit code 5"),
    "loops": ("\n    while True:\n        try:\n            n = 0\n            while True:\n                n += 1\n"
              "        except BaseException:\n            pass", "it ran longer than 1 s"),
    "crashes": ("__import__('ctypes').string_at(0)", "SIGSEGV"),
    "eats": ("\n    kept = []\n    while True:\n        kept.append(bytes(1 << 24))",
             "MemoryError: it may have 268435456 bytes ([hooks] memory = SIZE)"),
}


@pytest.mark.parametrize("name", MISBEHAVIOUR)
def test_a_hook_that_misbehaves_is_named_and_the_next_one_runs(lab, name):
    deadline = 10 if name == "eats" else 1
    configure(lab, f"[hooks]\nenable = true\ntimeout = {deadline}s\nmemory = 256M\n")
    does, told = MISBEHAVIOUR[name]
    path = hook(lab, name, f"def pre_execute(request, **keyword_args):\n    request['environment']['BAD'] = '1'\n    {does}\n")
    hook(lab, "zgood", GOOD)
    begun = time.monotonic()
    result = lab.lines(1, "@1 echo $GOOD $BAD", "@1 echo $GOOD $BAD")
    # Two calls, and as much to start as without it.
    assert time.monotonic() - begun < (2 * (deadline + 1) + 2) * SLACK
    assert result.stdout == "n1: 1\nn1: 2\n" and result.returncode == 0
    lines = result.stderr.splitlines()
    assert len(lines) == 2, lines  # and nobody else has anything to say
    for line in lines:
        assert line.startswith(f"hook {name}: {name}:pre_execute: ") and line.endswith("; its changes are dropped")
        assert told.format(place=f"{path}:3") in line
        assert re.search(re.escape(str(path)) + r":\d+\)", line)
    assert log_of(lab).count(f" error hook {name}: ") == 2


def test_a_required_hook_that_goes_wrong_stops_what_it_guards(lab):
    configure(lab, "[hooks]\nenable = true\ntimeout = 3s\n[hook guard]\nrequired = yes\n[cluster base1]\nnodes.compute = 1\n")
    path = hook(lab, "guard", """
        import os
        def pre_execute(request, **keyword_args):
            command = request["command"]
            if "raises" in command:
                raise ValueError("boom")
            if "ends" in command:
                os._exit(5)
            if "loops" in command:
                while True:
                    pass
            if "changes" in command:
                request["command"] = 3
            if "breaks" in command:
                open(__file__, "a").write("def f(:")
                os._exit(5)
        def post_execute(request, **keyword_args):
            assert "after" not in request["command"]
        def pre_start_nodes(**keyword_args):
            raise KeyError("nodes")
        """)
    hook(lab, "other", "def pre_execute(request, **keyword_args):\n    raise ValueError('only told')\n")
    whole = path.read_text()
    words = ["raises", "ends", "loops", "changes", "after", "breaks", "closed"]
    result = lab.lines(1, *(f"@1 echo {word}" for word in words))
    assert result.stdout == "n1: after\n" and result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if "only told" not in line]
    began = "the hook guard:pre_execute is required ([hook guard] required), and went wrong: "
    told = [f"ValueError: boom ({path}:6)", "exit code 5", "it ran longer than 3 s", "request.command has to be a text",
            "AssertionError", "exit code 5", "SyntaxError"]
    assert len(lines) == len(told), result.stderr
    for word, why, line in zip(words, told, lines):
        assert why in line and (word == "after" or line.startswith(began)), line
        assert word == "after" or line.endswith("; mend it, or take the setting away; nothing was sent")
    # One that cannot be loaded stops all that it might have had a say in, and is asked anew each time.
    closed = lab.lines(1, "@1 echo fine", f"!echo 'pre_execute = print' > {path}", "@1 echo fine")
    assert closed.stdout == "n1: fine\n"
    assert "hook guard: required, and cannot be loaded: " in closed.stderr and began + "SyntaxError" in closed.stderr
    path.write_text(whole)
    start = lab.run("cluster", "start", "base1")
    assert start.returncode == 1
    assert "the hook guard:pre_start_nodes is required ([hook guard] required), and went wrong: KeyError: 'nodes'" in start.stderr
    assert re.search(r"guard +required +50 ", lab.run("hooks").stdout)


def test_required_hooks_that_cannot_be_called_are_no_way_around_them(lab):
    required = "[hooks]\nenable = true\nrequired = guard, 20-guard\n"
    configure(lab, required)
    path = hook(lab, "guard", "def pre_execute(**keyword_args):\n    pass\n")
    missing = lab.lines(1, "@1 echo ran")
    assert missing.returncode == 2 and missing.stdout == ""
    assert "the hook 20-guard is required ([hooks] required), and no such hook is switched on in " in missing.stderr
    executable = program(lab, "pre_execute", "20-guard", "exit 3\n")
    faulty = lab.lines(1, "@1 echo ran")
    assert faulty.stdout == "" and "the hook 20-guard:pre_execute is required ([hooks] required), and went wrong: failed: exit code 3" in faulty.stderr
    executable.chmod(0o600)
    left_out = lab.lines(1, "@1 echo ran")
    assert left_out.stdout == "" and "and went wrong: " in left_out.stderr and "20-guard is not executable; say: chmod +x" in left_out.stderr
    executable.write_text("#!/bin/sh\ntrue\n")
    executable.chmod(0o700)
    assert lab.lines(1, "@1 echo ran").stdout == "n1: ran\n"
    path.chmod(0o666)
    others = lab.lines(1, "@1 echo ran")
    assert others.stdout == "" and "the hook guard:pre_execute is required ([hooks] required), and went wrong: " in others.stderr
    configure(lab, "[hooks]\nenable = true\nrequired = yes\n[hook guard]\nrequired = no\n")
    assert lab.lines(1, "@1 echo ran").stdout == "n1: ran\n"
    path.chmod(0o600)
    path.parent.chmod(0o777)
    hidden = lab.lines(1, "@1 echo ran")
    path.parent.chmod(0o700)
    assert hidden.stdout == "" and f"and went wrong: the hooks in {path.parent} are left out: " in hidden.stderr


def test_a_hook_that_calling_would_not_run_is_told_and_stops_what_it_guards(lab):
    configure(lab, "[hooks]\nenable = true\n[hook guard]\nrequired = yes\n")
    other = hook(lab, "other", "async def post_execute(**keyword_args):\n    pass\n")
    for text, told, number in (
            ("async def pre_execute(**keyword_args):\n    1 / 0\n", "pre_execute is a coroutine function; ", 1),
            ("def pre_execute(**keyword_args):\n    1 / 0\n    yield\n", "pre_execute is a generator function; ", 1),
            ("async def late():\n    1 / 0\n\npre_execute = lambda **keyword_args: late()\n",
             "pre_execute returned a coroutine, which nobody runs", 4)):
        path = hook(lab, "guard", text)
        result = lab.lines(1, "@1 echo ran")
        assert result.stdout == "" and result.returncode == 1
        assert f"the hook guard:pre_execute is required ([hook guard] required), and went wrong: {told}" in result.stderr.replace("TypeError: ", "")
        assert f"({path}:{number})" in result.stderr and "never awaited" not in result.stderr
        assert f"hook other: disabled: post_execute is a coroutine function; hooks are called plainly: write def, and not async def ({other}:1)\n" in result.stderr


def test_what_is_no_file_among_executables_is_told_and_stops_what_it_would_guard(lab):
    configure(lab, "[hooks]\nenable = true\nrequired = 10-g\n")
    path = program(lab, "pre_execute", "10-g", "")
    path.unlink()
    for make, remove, why in ((lambda: path.symlink_to("nowhere"), path.unlink, "cannot be looked at: No such file or directory"),
                              (path.mkdir, path.rmdir, "is a folder, and no executable")):
        make()
        result = lab.lines(1, "@1 echo ran")
        assert result.stdout == "" and result.returncode == 1
        assert f"the hook 10-g:pre_execute is required ([hooks] required), and went wrong: {path} {why}" in result.stderr
        assert lab.run("hooks", "check").stdout.startswith(f"10-g: {path} {why}")
        remove()
    path.parent.rmdir()
    path.parent.symlink_to("nowhere")
    configure(lab, "[hooks]\nenable = true\nrequired = yes\n")
    result = lab.lines(1, "@1 echo ran")
    assert result.stdout == "" and f"went wrong: the hooks in {path.parent} are left out: " in result.stderr


def test_a_hook_that_is_required_where_none_are_switched_on_is_an_error(lab):
    hook(lab, "guard", "def pre_execute(**keyword_args):\n    1 / 0\n")
    for text, setting in (("[hooks]\nrequired = guard\n", "[hooks]"), ("[hooks]\nenable =\nrequired = guard\n", "[hooks]"),
                          ("[hook guard]\nrequired = yes\n", "[hook guard]")):
        path = configure(lab, text)
        result = lab.lines(1, "@1 echo ran")
        assert result.returncode == 2 and result.stdout == ""
        assert f"{path}: the hook guard is required ({setting} required), and no hooks are switched on" in result.stderr
    configure(lab, "[hooks]\nrequired = yes\n")
    assert lab.lines(1, "@1 echo ran").returncode == 2
    configure(lab, "[hook guard]\nrequired = no\n")
    assert lab.lines(1, "@1 echo ran").stdout == "n1: ran\n"


def test_texts_that_are_no_text_are_told_and_a_veto_counts_whatever_its_reason_is(lab):
    configure(lab, "[hooks]\nenable = true\ntimeout = 5s\n")
    hook(lab, "odd", r"""
        import os
        from muster.hooks import Abort
        class NoText(Abort):
            def __str__(self):
                raise ValueError
        def pre_execute(request, **keyword_args):
            command = request["command"]
            if "changes" in command:
                request["command"] = "echo \udcff"
            if "raises" in command:
                raise RuntimeError("bad \udcff\nand more")
            if "closes" in command:
                os.closerange(0, 1024)
            if "vetoes" in command:
                raise Abort("file \udcff")
            if "refuses" in command:
                raise NoText()
        """)
    result = lab.lines(1, "@1 echo changes", "@1 echo raises", "@1 echo closes", "@1 echo vetoes", "@1 echo refuses")
    assert result.stdout == "n1: changes\nn1: raises\nn1: closes\n"
    changes, raises, vetoes, refuses = result.stderr.splitlines()
    assert "surrogates not allowed" in changes and "RuntimeError: bad \\udcff | and more" in raises
    assert vetoes.endswith("said no: file \\udcff; nothing was sent")
    assert refuses.endswith("said no: its reason cannot be shown: ValueError; nothing was sent")


def test_a_module_that_cannot_be_imported_is_disabled_alone_and_told_once(lab):
    configure(lab, "[hooks]\nenable = true\ntimeout = 1s\n")
    broken = {"a": ("x = 1\nraise RuntimeError('no')", 2, "RuntimeError: no"), "b": ("def f(:", 1, "SyntaxError"),
              "c": ("import not_there_at_all", 1, "No module named 'not_there_at_all'"),
              "d": ("while True:\n    x = 1", None, "it ran longer than 1 s"),
              "e": ("priority = 'high'", None, "its priority is 'high', and has to be a number")}
    paths = {name: hook(lab, name, text + "\n") for name, (text, _, _) in broken.items()}
    hook(lab, "zgood", GOOD)
    result = lab.lines(1, "@1 echo $GOOD", "@1 echo $GOOD")
    assert result.stdout == "n1: 1\nn1: 2\n"
    lines = sorted(result.stderr.splitlines())
    assert len(lines) == len(broken), lines
    for line, (name, (_, number, told)) in zip(lines, sorted(broken.items())):
        assert line.startswith(f"hook {name}: disabled: ") and told in line
        assert f"{paths[name]}:{number}" in line if number else str(paths[name]) in line
    checked = lab.run("hooks", "check")
    assert checked.returncode == 1
    assert [line.split(":")[0] for line in checked.stdout.splitlines()] == ["a", "b", "c", "d", "e", "zgood"]
    assert "zgood: ok: pre_execute\n" in checked.stdout
    listed = lab.run("hooks").stdout
    assert listed.count(" broken ") == 5 and re.search(r"zgood +active +50 .* pre_execute ", listed)


def test_a_hook_that_broke_begins_anew(lab):
    configure(lab, "[hooks]\nenable = true\ntimeout = 1s\n")
    hook(lab, "moody", """
        import os
        count = 0
        def pre_execute(request, **keyword_args):
            global count
            count += 1
            if "crash" in request["command"]:
                os._exit(1)
            request["environment"]["COUNT"] = str(count)
        """)
    result = lab.lines(1, "@1 echo $COUNT", "@1 echo $COUNT", "@1 : crash", "@1 echo $COUNT", "@1 echo $COUNT")
    assert result.stdout == "n1: 1\nn1: 2\nn1: 1\nn1: 2\n"


def program(lab, event, name, text):
    path = lab.folder / "config" / "muster" / "hooks.d" / f"{event}.d" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o700)
    return path


def test_executables_have_a_say_too(lab):
    configure(lab, "[hooks]\nenable = true\ntimeout = 1s\n")
    hook(lab, "middle", "def pre_execute(request, **keyword_args):\n    request['environment']['WHO'] += 'm'\n")
    program(lab, "pre_execute", "10-first", "sed 's/\"environment\":{}/\"environment\":{\"WHO\":\"1\"}/'\n")
    program(lab, "pre_execute", "60-silent", "cat > /dev/null\n")
    program(lab, "pre_execute", "70-bad", "echo why >&2; exit 3\n")
    program(lab, "pre_execute", "80-slow", "sleep 60\n")
    program(lab, "pre_execute", "90-noise", "echo no json\n")
    program(lab, "pre_execute", "95-veto", "if grep -q reboot; then echo first >&2; echo never >&2; exit 77; fi\n")
    program(lab, "pre_execute", "99-not", "").chmod(0o600)
    program(lab, "post_execute", "10-after", "grep -q outcomes && echo saw it >&2\n")
    result = lab.lines(1, "@1 echo $WHO", "@1 reboot")
    assert result.stdout == "n1: 1m\n" and result.returncode == 1
    errors = result.stderr
    assert errors.count("hook 70-bad: 70-bad:pre_execute: failed: exit code 3; it wrote last: why (") == 2
    assert errors.count("hook 80-slow: 80-slow:pre_execute: timed out") == 2 or errors.count("hook 80-slow: ") == 2
    assert errors.count("hook 90-noise: 90-noise:pre_execute: it wrote no object of JSON, but 'no json") == 2
    assert "the hook 95-veto:pre_execute said no: never; nothing was sent" in errors
    assert "99-not is not executable; say: chmod +x" in errors
    assert errors.count("hook 10-after: saw it") == 1


def test_a_folder_or_a_file_that_others_may_write_is_refused(lab):
    path = configure(lab, "[hooks]\nenable = true\n")
    mine = hook(lab, "mine", GOOD)
    theirs = hook(lab, "theirs", "def pre_execute(request, **keyword_args):\n    request['command'] = 'echo stolen'\n")
    theirs.chmod(0o666)
    result = lab.lines(1, "@1 echo $GOOD")
    assert result.stdout == "n1: 1\n" and "hook theirs: left out: " in result.stderr
    if os.geteuid() == 0:
        theirs.chmod(0o600)
        os.chown(theirs, 4321, 4321)
        result = lab.lines(1, "@1 echo $GOOD")
        assert result.stdout == "n1: 1\n" and "hook theirs: left out: " in result.stderr and "4321" in result.stderr
    theirs.unlink()
    mine.parent.chmod(0o777)
    result = lab.lines(1, "@1 echo $GOOD,")
    assert result.stdout == "n1: ,\n" and f"the hooks in {mine.parent} are left out: " in result.stderr
    configure(lab, "[hooks]\nenable = mine\n")
    result = lab.run("cluster", "list")
    assert result.returncode == 2 and "there is no hook mine" in result.stderr and "are left out" in result.stderr
    mine.parent.chmod(0o700)
    assert path


def test_what_a_hook_logs_is_in_our_log_with_its_name(lab):
    configure(lab, "[hooks]\nenable = true\n[hook talker]\nsize = 3\n")
    hook(lab, "talker", """
        import logging
        from slurm_gcp_plugins import utils

        def pre_execute(lkp, **keyword_args):
            logging.debug("not seen")
            logging.info("size %d", utils.get_plugin_setting("talker", "size", lkp, None, 1))
            logging.warning("two\\nlines")
            logging.getLogger("mine").error("bad")
        """)
    result = lab.lines(1, "@1 true")
    assert result.stderr == "hook talker: warning: two\nhook talker: lines\nhook talker: error: bad\n"
    assert re.search(r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d info hook talker: size 3$", log_of(lab))
    assert "not seen" not in log_of(lab)
    traced = lab.run("--trace-hooks", "--hook-setting", "talker.size=7", "--local", "1", "-c", "@1 true")
    assert "hook talker: debug: not seen\n" in traced.stderr and "hook talker: info: size 7\n" in traced.stderr
    assert re.search(r"(?m)^hook talker: talker:pre_execute took [\d.]+ ms$", traced.stderr)


def test_a_log_that_cannot_be_written_is_told_once(lab):
    configure(lab, "[hooks]\nenable = true\n")
    hook(lab, "talker", "import logging\ndef pre_execute(**keyword_args):\n    logging.warning('one')\n    logging.info('two')\n")
    assert lab.lines(1, "@1 true").stderr == "hook talker: warning: one\n"
    log = next(lab.folder.rglob("hooks.log"))
    log.unlink()
    log.symlink_to("/dev/full")
    told, one, again = lab.lines(1, "@1 true", "@1 true").stderr.splitlines()[::-1]
    assert {told, one, again} == {"hook talker: warning: one", f"hook talker: error: {log} is not written: No space left on device"}


def test_what_an_executable_writes_is_quoted_harmless(lab):
    configure(lab, "[hooks]\nenable = true\n")
    program(lab, "pre_execute", "10-clears", r"if grep -q veto; then printf 'no\033[2J\r' >&2; exit 77; fi; printf '\033[2J\377'" + "\n")
    result = lab.lines(1, "@1 echo fine", "@1 echo veto")
    assert result.stdout == "n1: fine\n"
    garbage, veto = result.stderr.splitlines()
    assert r"it wrote no object of JSON, but '\x1b[2J\xff'" in garbage
    assert veto.endswith(r"said no: no\x1b[2J; nothing was sent")


def test_ctrl_c_ends_a_hook_that_hangs(lab):
    configure(lab, "[hooks]\nenable = true\n")
    hook(lab, "hangs", "import time\n\ndef pre_execute(**keyword_args):\n    print('begins', flush=True)\n    time.sleep(1000)\n")
    shell = lab.start("--local", "1", "-c", "@1 echo ran")
    line = b""
    while not line.endswith(b"\n"):
        line += shell.stderr.read(1)
    assert line == b"hook hangs: begins\n"
    begun = time.monotonic()
    shell.send_signal(2)
    out, _ = shell.communicate(timeout=10 * SLACK)
    assert shell.returncode == 130 and out == b""
    assert time.monotonic() - begun < 3 * SLACK


def test_an_executable_that_writes_without_end_is_told_and_its_veto_counts(lab):
    configure(lab, "[hooks]\nenable = true\n")
    program(lab, "pre_execute", "10-long", "if grep -q short; then exec yes; fi\n"
            "head -c 20000000 /dev/zero >&2; echo >&2; echo last >&2; exit 77\n")
    result = lab.lines(1, "@1 echo short", "@1 echo long")
    assert result.stdout == "n1: short\n"
    flood, veto = result.stderr.splitlines()
    assert "it wrote more than 16 MiB, and was stopped" in flood
    assert veto.endswith("said no: last; nothing was sent")


def test_settings_of_a_hook_are_checked(lab):
    configure(lab, "[hooks]\nenable = true\n[hook slow]\ntimeout = 200ms\n[hook gone]\nmost = 3\n")
    hook(lab, "slow", "import time\ndef pre_execute(**keyword_args):\n    time.sleep(60)\n")
    result = lab.run("--hook-setting", "slaw.most=1", "--local", "1", "-c", "@1 echo fine")
    assert result.stdout == "n1: fine\n" and result.returncode == 0
    gone, slaw, slow = result.stderr.splitlines()
    assert gone == "hook gone: it has settings, and there is no such hook"
    assert slaw == "hook slaw: it has settings, and there is no such hook; did you mean slow?"
    assert "it ran longer than 0.2 s" in slow


def test_a_private_node_that_is_killed_is_started_anew_and_hooks_fire_none(lab):
    configure(lab, "[hooks]\nenable = true\n")
    hook(lab, "deep", f"""
        import os, signal, subprocess
        def pre_execute(request, **keyword_args):
            if "dies" in request["command"]:
                stat = lambda pid, place: open(f"/proc/{{pid}}/stat").read().rsplit(")", 1)[1].split()[place]
                pid = os.getpid()
                while "clusterd" != open(f"/proc/{{pid}}/comm").read().strip():
                    pid = int(stat(pid, 1))
                os.kill(pid, signal.SIGKILL)
                signal.pause()
            ran = subprocess.run(["{BIN}/clustershell", "--local", "1", "-c", "@1 echo below"], stdout=subprocess.PIPE)
            request["environment"]["SAID"] = ran.stdout.decode().strip()
        """)
    result = lab.lines(1, "@1 echo $SAID", "@1 echo dies", "@1 echo $SAID")
    assert result.stdout == "n1: n1: below\nn1: dies\nn1: n1: below\n"
    (line,) = result.stderr.splitlines()
    assert line.startswith("hook deep: deep:pre_execute: its process ended: ")
