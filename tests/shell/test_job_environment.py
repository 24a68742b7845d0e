"""What a caller may put into the environment and the arguments of what it has run."""

import pytest

from daemons import GAMES, MAN, NEWS, ROOT, serving

LOADERS = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "BASH_ENV", "ENV"]


@pytest.fixture(name="node", scope="module")
def fixture_node():
    rules = "[user games]\nrole = exec\n[user news]\nrole = files\n[user man]\nrole = admin\n"
    with serving(rules, settings="allow_root_jobs = yes") as node:
        yield node


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("way", ["@1 {} true", "py 1 {} 1"])
def test_variables_that_load_code_take_an_admin(node, name, way):
    line = way.format(f"--env {name}=/nonexistent/x")
    # A role more is not enough.
    for uid in [GAMES, NEWS] if name == "LD_PRELOAD" else [GAMES]:
        result = node.run(uid, line)
        assert result.returncode == 1
        assert f"the environment variable {name} makes programs run code of its choice, which takes the role admin" \
            in result.stdout + result.stderr
    for uid in [MAN, ROOT] if name == "LD_PRELOAD" else [MAN]:
        assert node.run(uid, line).returncode == 0


def test_a_command_may_set_for_itself_what_it_likes(node):
    assert node.output(GAMES, "@1 PYTHONHASHSEED=5 LD_BIND_NOW=1 /usr/bin/env | grep -c -e HASHSEED -e BIND_NOW") == "2\n"


def test_other_variables_are_anybodys(node):
    assert node.output(GAMES, "@1 --env GREETING=hello --env LD=1 echo $GREETING $LD") == "hello 1\n"
    assert node.output(GAMES, "py 1 --env GREETING=hello import os; os.environ['GREETING']") == "'hello'\n"


def test_who_he_is_a_caller_may_not_change_for_others(node):
    # The variables are his command's alone; what the node says of itself stays.
    assert node.output(GAMES, "@1 --env USER=root --env HOME=/ id -un; echo $USER") == "games\nroot\n"
    assert node.output(GAMES, "@1 echo $USER $HOME") == "games /usr/games\n"
    assert node.output(GAMES, "@1 --env MUSTER_NODE=n9 echo $MUSTER_NODE") == "n1\n"
