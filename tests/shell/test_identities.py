"""What one caller does is nothing to another: helpers, Python environments, commands as root."""

import json
import pathlib
import subprocess

import pytest

from conftest import SLACK, wait_until
from daemons import GAMES, MAN, NEWS, ROOT, WWW_DATA, lives, node_for, serving

FACTS = (pathlib.Path(__file__).parent / "job_facts.py").read_text()
PYTHON = "/usr/bin/python3"
VERSION = subprocess.run([PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                         capture_output=True, encoding="utf-8", check=True).stdout.strip()


@pytest.fixture(name="node", scope="module")
def fixture_node():
    rules = ("[user games]\nrole = exec\nrun_as = man\n[user news]\nrole = exec\nrun_as = man\n"
             "[user man]\nrole = exec\n[user www-data]\nrole = exec\n")
    with serving(rules) as node:
        node.file("facts.py", FACTS)
        yield node


def facts(node, uid):
    return json.loads(node.output(uid, f"py 1 exec(open('{node.folder}/facts.py').read())"))


def test_no_two_callers_share_a_zygote(node):
    zygotes = {uid: facts(node, uid)["zygote"] for uid in [GAMES, NEWS, MAN, WWW_DATA]}
    assert len(set(zygotes.values())) == 4, "also three of them run as the same user"
    for uid, zygote in zygotes.items():
        assert facts(node, uid)["zygote"] == zygote
    assert set(zygotes.values()) == set(node.children("clusterd-worker"))


def test_what_one_does_to_his_python_another_does_not_see(node):
    poison = ("py 1 import sys, builtins, os; sys.modules['json'] = 1; sys.modules['muster_secret'] = 'mine'; "
              "builtins.len = None; os.environ['CANARY'] = 'secret'; sys.path.insert(0, '/nonexistent'); sys.exit(0)")
    look = ("py 1 import sys, os, json; print(json.dumps([len('a')]), 'muster_secret' in sys.modules, "
            "'CANARY' in os.environ, '/nonexistent' in sys.path)")
    node.output(GAMES, poison)
    for uid in [NEWS, MAN, GAMES]:
        assert node.output(uid, look) == "[1] False False False\n"


def test_nobody_is_in_the_sessions_of_another(node):
    node.output(GAMES, "@1 --session s secret=of-games; cd /")
    assert node.output(NEWS, "@1 --session s echo [$secret]") == "[]\n"
    assert node.output(GAMES, "@1 --session s echo [$secret]") == "[of-games]\n"
    assert "of-games" not in node.run(NEWS, "ps").stdout


def test_nobody_is_in_the_python_sessions_of_another(node):
    node.output(GAMES, "py 1 --session p secret = 'of-games'; import os; os.chdir('/')")
    for uid in [NEWS, MAN]:
        assert node.run(uid, "py 1 --session p secret").returncode == 1
        node.output(uid, "py 1 --session p secret = 'mine'", "sessions close p")
        assert "\np  " not in node.run(uid, "sessions").stdout
    assert "\np  " in node.run(GAMES, "sessions").stdout
    assert node.output(GAMES, "py 1 --session p secret, os.getcwd()") == "('of-games', '/')\n"
    # A shell of the same name is another's as well.
    assert node.output(NEWS, "@1 --session p echo [$secret]") == "[]\n"


def test_a_zygote_that_is_killed_is_one_callers_loss(node):
    before = {uid: facts(node, uid)["zygote"] for uid in [GAMES, NEWS]}
    # Both run as man: by the ordinary rules of the system this one may kill the other's, too.
    node.output(GAMES, f"@1 kill -9 {before[GAMES]}")
    wait_until(lambda: not lives(before[GAMES]), 5 * SLACK, "it is gone")
    assert facts(node, NEWS)["zygote"] == before[NEWS]
    assert facts(node, GAMES)["zygote"] != before[GAMES]


def test_commands_as_root_are_off_until_they_are_allowed():
    with serving("[user games]\nrole = exec\n") as node:
        for line in ["@1 id -u", "py 1 1+1", "@1 --session s id -u"]:
            result = node.run(ROOT, line)
            assert result.returncode == 1, result.stdout
            assert "refused: commands as root are off here; say allow_root_jobs = yes in [daemon], or run_as = USER" \
                in result.stdout + result.stderr
            assert node.run(GAMES, line).returncode == 0
        assert node.call(ROOT, "terminal", "id -u").stdout == ""
        assert node.run(ROOT, "check", "ps").returncode == 0  # all but commands


def test_commands_as_root_when_they_are_allowed():
    rules = "[user games]\nrole = exec\n[user news]\nrole = exec\nrun_as = root\n"
    with serving(rules, settings="allow_root_jobs = yes", variables={"CANARY": "of-the-daemon"}) as node:
        for uid in [ROOT, NEWS]:
            assert node.output(uid, "@1 id -u", "py 1 import os; os.getuid()") == "0\n0\n"
            assert node.output(uid, "@1 --session s id -u; echo ${CANARY-none} $HOME") == "0\nnone /root\n"
        assert node.output(GAMES, "@1 id -un") == "games\n"
        assert node.run(GAMES, f"@1 cat {node.audit}").returncode == 1


@pytest.fixture(name="environment")
def fixture_environment():
    """A virtual environment of the system's Python that every user may read."""
    def make(folder):
        made = subprocess.run([PYTHON, "-m", "venv", "--without-pip", str(folder)], capture_output=True,
                              encoding="utf-8", check=False)
        if made.returncode != 0:
            pytest.skip(f"no virtual environments here: {made.stdout}{made.stderr}")
        site = folder / "lib" / f"python{VERSION}" / "site-packages"
        (site / "only_there.py").write_text("WHERE = 'in the environment'\n")
        return folder
    return make


def test_who_has_a_virtual_environment_works_in_it(environment):
    with node_for("") as node:
        folder = environment(node.folder / "venv")
        node.write(node.configuration.read_text() +
                   f"[user games]\nrole = exec\npython = {folder}\n[user news]\nrole = exec\n"
                   f"[user man]\nrole = exec\nrun_as = games\n")
        node.file("facts.py", FACTS)
        node.start()
        inside = facts(node, GAMES)
        assert (inside["prefix"], inside["base_prefix"]) == (str(folder), "/usr")
        assert inside["executable"] == f"{folder}/bin/python3"
        assert node.output(GAMES, "py 1 import only_there; only_there.WHERE") == "'in the environment'\n"
        for uid in [NEWS, MAN]:
            outside = facts(node, uid)
            assert (outside["prefix"], outside["executable"]) == ("/usr", PYTHON)
            assert "No module named 'only_there'" in str(node.run(uid, "py 1 import only_there"))


def test_the_daemons_environment_is_everybodys_who_has_no_own(environment):
    with node_for("") as node:
        folder = environment(node.folder / "venv")
        node.write(node.configuration.read_text() + f"python = {folder}\n"
                   "[user games]\nrole = exec\n[user news]\nrole = exec\npython = system\n")
        node.file("facts.py", FACTS)
        node.start()
        assert facts(node, GAMES)["prefix"] == str(folder)
        assert facts(node, NEWS)["prefix"] == "/usr"


@pytest.mark.parametrize("version", ["2.7.18", VERSION + "1.2", "3", ""])
def test_an_environment_of_another_python_is_refused_with_its_line(environment, version):
    with node_for("") as node:
        folder = environment(node.folder / "venv")
        (folder / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
        text = node.configuration.read_text()
        node.write(f"{text}[user games]\nrole = exec\npython = {folder}\n")
        said = node.refuses()
        assert f"{node.configuration}:{text.count(chr(10)) + 3}: the virtual environment {folder} is for Python " in said
        assert f"workers are Python {VERSION}" in said


def test_what_a_user_installed_for_himself_is_there_only_when_that_is_said():
    with serving("[user man]\nrole = exec\nuser_site = yes\n[user games]\nrole = exec\n") as node:
        node.file("facts.py", FACTS)
        look = "py 1 import site; site.ENABLE_USER_SITE"
        # The folder is not there, and so not in sys.path.
        assert node.output(MAN, look) == "True\n"
        assert node.output(GAMES, look) == "False\n"
        assert not [path for path in facts(node, GAMES)["path"] if "/.local/" in path]
