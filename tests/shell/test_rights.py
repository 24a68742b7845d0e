"""As whom commands run, with which rights, and what they inherit."""

import json
import pathlib
import pwd
import subprocess

import pytest

from conftest import BIN
from daemons import CALL_METHODS, DAEMON, GAMES, MAN, NEWS, ROOT, WWW_DATA, needs_namespaces, serving

FACTS = (pathlib.Path(__file__).parent / "job_facts.py").read_text()
OURS = 4242  # a group that only the daemon of these tests knows: games is in it
# (who asks, with the groups he has, who runs it, that one's groups)
CASES = {
    "as the caller": (GAMES, [], GAMES, [60, OURS]),
    "as another": (WWW_DATA, [], MAN, [12]),
    "by the group": (NEWS, [DAEMON], NEWS, [9]),
    "by the group, as another": (DAEMON, [1, 8], GAMES, [60, OURS]),
    "root as another": (ROOT, [], GAMES, [60, 4242]),
}
VARIABLES = {
    "CANARY": "of-the-daemon", "MUSTER_BIN_DIR": str(BIN), "LD_LIBRARY_PATH": "/nonexistent",
    "LD_BIND_NOW": "1", "PYTHONPATH": "/nonexistent", "PYTHONSTARTUP": "/nonexistent",
    "BASH_ENV": "/nonexistent", "ENV": "/nonexistent", "SUDO_USER": "somebody", "SSH_AUTH_SOCK": "/nonexistent",
    "TMPDIR": "/nonexistent", "XDG_RUNTIME_DIR": "/nonexistent", "TZ": "Asia/Tokyo", "PASSED": "as-it-is",
    "MANY_A": "a", "MANY_B": "b", "MANY": "not of the pattern", "NOTIFY_SOCKET": "/nonexistent",
}
KEPT = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TERM", "PASSED", "MANY_A", "MANY_B"}
OWN = {"MUSTER_NODE", "MUSTER_EXECUTION", "MUSTER_SIZE", "MUSTER_RANK"}
BY_THE_SHELL = {"PWD", "OLDPWD", "SHLVL", "_"}


@pytest.fixture(name="node", scope="module")
def fixture_node():
    needs_namespaces()
    rules = ("[user games]\nrole = exec\n[user www-data]\nrole = exec\nrun_as = man\n"
             "[user root]\nrole = admin\nrun_as = games\n"
             "[group mail]\nrole = exec\nrun_as = games\n[group daemon]\nrole = exec\n")
    namespace = (f"(cat /etc/group; echo 'mustertest:x:{OURS}:games') > $FOLDER/group\n"
                 "mount --bind $FOLDER/group /etc/group")
    with serving(rules, settings="pass_environment = PASSED,\n  MANY_*", variables=VARIABLES,
                 groups=[0, 4, 20, 4243], umask=0o022, namespace=namespace) as node:
        node.file("facts.py", FACTS)
        yield node


def python(node, uid, groups):
    return json.loads(node.output(uid, f"py 1 exec(open('{node.folder}/facts.py').read())", groups=groups))


def shell(node, uid, groups, flags=""):
    return json.loads(node.output(uid, f"@1 {flags} exec /usr/bin/python3 -IS {node.folder}/facts.py", groups=groups))


def session(node, uid, groups):
    # Not by exec, which would end it.
    line = f"@1 --session facts /usr/bin/python3 -IS {node.folder}/facts.py"
    facts = json.loads(node.output(uid, line, groups=groups))
    assert facts == {**json.loads(node.output(uid, line, groups=groups)), **{
        name: facts[name] for name in ["environment", "zygote", "descriptors"]}}
    return facts


def terminal(node, uid, groups):
    result = subprocess.run(
        [*node.command(uid, groups=groups)[:node.command(uid, groups=groups).index("--") + 1],
         CALL_METHODS, node.socket, "terminal", f"exec /usr/bin/python3 -IS {node.folder}/facts.py"],
        stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=True)
    return json.loads(result.stdout)


@pytest.mark.parametrize("way", [shell, python, session, terminal], ids=lambda way: way.__name__)
@pytest.mark.parametrize("case", CASES)
def test_a_job_has_its_users_rights_and_no_more(node, case, way):
    uid, groups, target, target_groups = CASES[case]
    account = pwd.getpwuid(target)
    facts = way(node, uid, groups)
    assert facts["uids"] == [target] * 3
    assert facts["gids"] == [account.pw_gid] * 3
    assert facts["groups"] == sorted(target_groups)
    assert facts["capabilities"] == [0, 0, 0, 0]
    assert facts["no_new_privs"] == 1
    assert facts["umask"] == 0o022
    assert facts["directory"] in (account.pw_dir, "/")
    numbers = [number for number, _ in facts["descriptors"]]
    # 3 is where Python's value goes.
    assert numbers == ([0, 1, 2, 3] if way is python else [0, 1, 2]), facts["descriptors"]

    environment = facts["environment"]
    assert environment["HOME"] == account.pw_dir
    assert environment["USER"] == environment["LOGNAME"] == account.pw_name
    assert environment["SHELL"] == (account.pw_shell or "/bin/sh")
    assert environment["PATH"] == "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
    assert environment["PASSED"] == "as-it-is" and environment["TZ"] == "Asia/Tokyo"
    assert set(environment) - OWN - BY_THE_SHELL <= KEPT, environment
    assert not set(environment) & (set(VARIABLES) - KEPT)
    assert node.records("begin")[-1]["run_as"] == target


def test_what_the_helpers_hold_is_nothing_of_the_daemons_environment(node):
    node.output(GAMES, "py 1 1")
    # Also the zygote, which is the job's user's: it forks his workers.
    zygotes = node.children("clusterd-worker")
    assert zygotes
    for zygote in zygotes:
        variables = pathlib.Path(f"/proc/{zygote}/environ").read_bytes()
        for name in set(VARIABLES) - KEPT:
            assert f"\0{name}=".encode() not in b"\0" + variables, name


@pytest.mark.parametrize("flags", ["", "--session streams"])
def test_a_job_may_open_its_streams_by_their_names(node, flags):
    result = node.run(GAMES, f"@1 {flags} echo out > /dev/stdout; echo error > /dev/stderr; cat /dev/stdin; echo fd > /dev/fd/1")
    assert (result.returncode, result.stdout) == (0, "n1: out\nn1: fd\n"), result.stderr
    assert result.stderr == "n1: error\n"


def test_python_may_open_its_streams_by_their_names(node):
    result = node.run(GAMES, "py 1 import os; os.system('echo out > /dev/stdout; echo error > /dev/stderr')")
    assert (result.returncode, result.stdout) == (0, "n1: out\nn1: 0\n"), result.stderr
    assert result.stderr == "n1: error\n"


def test_a_terminal_belongs_to_who_works_at_it(node):
    result = node.call(GAMES, "terminal", "stat -c '%U %a' $(tty); echo by name > $(tty); echo by group > /dev/tty")
    assert result.returncode == 0, result.stdout + result.stderr
    owner, name, group = result.stdout.splitlines()
    assert owner.split()[0] == "games" and int(owner.split()[1], 8) & 0o007 == 0
    assert (name, group) == ("by name", "by group")


def test_a_long_script_is_read_by_its_user(node):
    # Longer than an argument may be: the shell opens it as a file.
    result = node.run(GAMES, text=f"@1 : {'x' * 200_000}; id -un\n")
    assert (result.returncode, result.stdout) == (0, "n1: games\n"), result.stderr


def test_a_folder_that_is_closed_to_the_user_is_told(node):
    result = node.run(GAMES, f"@1 --cwd {node.audit.parent} true")
    assert result.returncode == 1
    assert f"change to the directory {node.audit.parent}: Permission denied" in result.stdout + result.stderr


def test_the_daemons_own_processes_are_whose_they_should_be(node):
    def uids(pid):
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    network = uids(node.child("clusterd-network"))
    assert network["Uid"].split() != ["0"] * 4 and len(set(network["Uid"].split())) == 1
    assert {network[name] for name in ["CapInh", "CapPrm", "CapEff", "CapAmb"]} == {"0" * 16}
    assert network["NoNewPrivs"] == "1"
    assert "4243" not in network["Groups"].split() and "0" not in network["Groups"].split()
    assert uids(node.process.pid)["Uid"].split() == ["0"] * 4
    assert uids(node.child("clusterd-spawner"))["Uid"].split() == ["0"] * 4


@pytest.mark.parametrize("session", [[], ["reads"]])
def test_a_job_reads_its_input(node, session):
    for command in ["cat; id -un", "cat /dev/stdin; id -un"]:
        result = node.call(GAMES, "input", "what I say\n", command, *session)
        assert (result.returncode, result.stdout) == (0, "what I say\ngames\n"), result.stderr


def test_what_one_command_of_a_session_left_unread_is_not_the_nexts(node):
    node.output(GAMES, "@1 --session leaves true")
    for text in ["left", "left" * 30_000]:  # also more than a pipe holds
        assert node.call(GAMES, "input", text, "true", "leaves").returncode == 0
        assert node.call(GAMES, "input", "mine", "cat", "leaves").stdout == "mine"
        assert node.call(GAMES, "input", text, "head -c 2", "leaves").stdout == "le"
        assert node.output(GAMES, "@1 --session leaves cat; echo end") == "end\n"
