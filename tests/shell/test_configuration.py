"""Every mistake of a configuration about others is told with the line, and nothing is served."""

import os
import re
import subprocess

import pytest

from conftest import BIN, LONG
from daemons import GAMES, NOBODY, ROOT, node_for

USER = "[user games]\nrole = exec\n"

# What is in [daemon], the sections, what is marked with <<, and words of the complaint.
MISTAKES = [
    ("", "[user no-such-user] <<\nrole = exec\n", "no-such-user"),
    ("", "[group no-such-group] <<\nrole = exec\n", "no-such-group"),
    ("", "[user games] <<\nsudo = yes\n", "[user games] has no role; say role = exec"),
    ("", "[user games]\nrole = boss <<\n", "no role \"boss\" is known; valid here: observe, exec, files, admin"),
    ("", "[user games]\nrole = Exec <<\n", "no role \"Exec\" is known"),
    ("", "[user games]\nrole = <<\n", "role"),
    ("", USER + "sudo = maybe <<\n", "sudo is yes or no, not \"maybe\""),
    ("", USER + "user_site = 1 <<\n", "user_site is yes or no, not \"1\""),
    ("", USER + "run_as = no-such-user <<\n", "run_as: "),
    ("", USER + "run_as = root <<\n", "commands as root are off; say allow_root_jobs = yes in [daemon] first"),
    ("", USER + "run_as = 0 <<\n", "commands as root are off"),
    ("", USER + "python = venv <<\n", "python is the folder of a virtual environment, with its whole path"),
    ("", USER + "python = /usr <<\n", "/usr is no virtual environment"),
    ("", USER + "rolle = exec <<\n", "rolle"),
    ("", USER + "role = admin <<\n", "role"),
    ("", USER + "[user games] <<\nrole = exec\n", "games"),
    ("", "[users games] <<\nrole = exec\n", "users"),
    ("", "[user] <<\nrole = exec\n", "user"),
    ("allow_root_jobs = 1 <<\n", USER, "allow_root_jobs is yes or no, not \"1\""),
    ("python = /usr <<\n", USER, "/usr is no virtual environment"),
    ("user_site = y <<\n", USER, "user_site is yes or no"),
]
# Of these no line is known.
VALUES = [
    ("audit = var/log/n1.audit", "audit takes whole paths"),
    ("audit = yes", "audit takes whole paths"),
    ("hide = /etc/ssl, secret", "\"secret\" is none"),
    ("pass_environment = GOOD, not good", "\"not good\" is none"),
    ("pass_environment = 1ST", "\"1ST\" is none"),
    ("pass_environment = A*B", "\"A*B\" is none"),
    ("pass_environment = A=B", "\"A=B\" is none"),
    ("slots = gpu", "slots: \"gpu\" is no slot: NAME=NUMBER or NAME=ONE|OTHER is"),
    ("slots = gpu=2, GPU=1", "slots: \"GPU=1\" is no slot"),
    ("slots = gpu=1,\n  gpu=2", "slots: it names gpu twice"),
    ("slots = gpu=-1", "neither a number nor names"),
    ("slots = memory=much", "slots: \"much\" is no size"),
    ("slots = cores=1.5", "slots: \"1.5\" is no count"),
    ("log_level = loud", "log level is one of"),
    ("idle_timeout = 30 minutes", "idle_timeout: "),
    ("session_timeout = soon", "session_timeout: "),
    ("idle_timeout = 600h", "at most 576h is possible, or 0 for never, not \"600h\""),
]


def refusal(rules, settings, uid=ROOT):
    """The complaint, and the line that it has to name."""
    with node_for(rules, settings, uid) as node:
        text = node.configuration.read_text()
        line = next((number for number, words in enumerate(text.splitlines(), 1) if "<<" in words), None)
        node.write(text.replace(" <<", ""))
        said = node.refuses()
        assert not node.socket.exists() and not node.audit.exists()
        return said, f"{node.configuration}:{line}: "


@pytest.mark.parametrize("settings, rules, words", MISTAKES, ids=[words[:40] for *_, words in MISTAKES])
def test_a_mistake_is_told_with_its_line(settings, rules, words):
    said, place = refusal(rules, settings)
    assert words in said
    assert place in said
    assert said.count("\n") == 1, said


@pytest.mark.parametrize("setting, words", VALUES, ids=[setting for setting, _ in VALUES])
def test_a_bad_value_of_the_daemon_is_told(setting, words):
    said, _ = refusal(USER, setting)
    assert words in said
    assert said.count("\n") == 1, said


def test_what_a_flag_says_a_configuration_may_say(tmp_path):
    shown = subprocess.run([BIN / "clusterd", "--help"], capture_output=True, text=True, check=True, timeout=LONG)
    flags = set(re.findall(r"^  --([a-z-]+) TEXT", shown.stdout, re.MULTILINE)) - {"config", "relay"}
    assert {"name", "session-timeout", "max-output"} <= flags
    configuration = tmp_path / "cluster.conf"
    # All in one: the first key that is not known would be told.
    configuration.write_text("[daemon]\n" + "".join(f"{flag.replace('-', '_')} = -\n" for flag in sorted(flags)))
    checked = subprocess.run([BIN / "clusterd", "--check", "--config", configuration], capture_output=True, text=True,
                             check=False, timeout=LONG)
    assert checked.returncode == 78
    assert "is known in" not in checked.stderr


def test_a_number_names_a_user_and_a_group():
    with node_for("[user 5]\nrole = exec\n[user 4242]\nrole = observe\n[group 60]\nrole = exec\n") as node:
        node.start()
        assert node.output(GAMES, "@1 id -un") == "games\n"
        assert node.run(4242, "check").returncode == 0


def test_who_has_a_number_only_is_refused_to_run_as_nobody_knows():
    with node_for("[user 4242]\nrole = exec\n") as node:
        node.start()
        result = node.run(4242, "@1 id", "py 1 1+1")
        assert result.returncode == 1
        assert len(re.findall("user 4242", result.stdout + result.stderr)) >= 2, result.stderr
        assert "uid=" not in result.stdout


def test_a_daemon_that_is_not_roots_runs_as_nobody_else():
    said, place = refusal("[user games]\nrole = exec\nrun_as = games <<\n", "", NOBODY)
    assert f"{place}this clusterd is user nobody's, and so are all commands that it runs; start it as root " in said


def test_nobody_may_write_the_rules_but_the_owner():
    with node_for(USER) as node:
        os.chown(node.configuration, GAMES, -1)
        assert "cluster.conf" in node.refuses()
        os.chown(node.configuration, 0, -1)
        node.configuration.chmod(0o664)
        assert "chmod go-w" in node.refuses()
        node.configuration.chmod(0o644)
        node.start()
        assert node.process.poll() is None
        node.process.terminate()
        assert node.process.wait(LONG) == 0
