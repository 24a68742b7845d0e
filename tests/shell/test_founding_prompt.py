"""The commands of python_cluster's prompt, and those of it and dustcluster's that others replace."""

import contextlib
import os
import signal

import pexpect
import pytest

from conftest import LONG


@contextlib.contextmanager
def daemon(clustershell, name):
    started = clustershell.start("--name", name, "--listen", f"unix:{clustershell.folder}/{name}", program="clusterd")
    try:
        assert b"listening" in started.stdout.readline()
        yield
    finally:
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=LONG)


def test_clustercheck_tells_each_server(clustershell):
    result = clustershell.lines(2, "clustercheck")
    assert result.returncode == 0 and result.stderr == "Done!\n"
    assert [line.split(" (")[0] for line in result.stdout.splitlines()] == ["Server n1 OK", "Server n2 OK"]
    (clustershell.folder / "cluster.conf").write_text("[cluster lab]\nnodes = n1=unix:/none\n")
    result = clustershell.run("-c", "clustercheck", "-c", "clustercheck x")
    assert result.returncode == 2 and result.stdout.startswith("Server n1 FAIL (") and "Done!" in result.stderr


def test_clustertestprog_computes_on_each_node(clustershell):
    result = clustershell.lines(3, "clustertestprog")
    assert sorted(result.stdout.splitlines()) == [f"n{k}: {99 ** (99 + k)}" for k in (1, 2, 3)]
    assert result.stderr.startswith("Calculating. Please wait.\n")


@pytest.mark.parametrize("line, printed", [
    ('connect localhost default "1 + 1"', "2\n"), ("connect 127.0.0.1 default 1 + 1", "2\n"),
    ("connect n2 default __import__('os').environ['MUSTER_NODE']", "'n2'\n"),
    ("connect n1 default 'a'+'b'", "'ab'\n")])
def test_connect_asks_one_machine(clustershell, line, printed):
    result = clustershell.lines(2, line)
    assert (result.returncode, result.stdout, result.stderr) == (0, printed, "")


def test_connect_names_what_is_wrong(clustershell):
    for line, message in {"connect localhost 0 1": "neither `default` nor 1 to 65535",
                          "connect localhost default": "there is no expression",
                          "connect -x default 1": "ssh", "connect 'a": "quote"}.items():
        result = clustershell.lines(1, line)
        assert (result.returncode, result.stdout) == (2, "") and message in result.stderr, line


def test_debug_toggles(clustershell):
    assert clustershell.lines(1, "debug", "debug").stderr == "debug on\ndebug off\n"


def test_clusterhelp_lists_the_commands(clustershell):
    text = clustershell.lines(1, "clusterhelp").stdout
    for name in ("clusterinit", "clusterdelete", "clustercheck", "clustertestprog", "connect", "last", "load",
                 "listmodules", "debug"):
        assert f"\n{name}" in text
        assert clustershell.lines(1, f"help {name}").returncode == 0


def test_clusterinit_writes_the_first_configuration_and_the_next_lines_have_it(clustershell):
    with daemon(clustershell, "a1"):
        result = clustershell.run("-c", f"clusterinit a1=unix:{clustershell.folder}/a1", "-c", "@ echo on")
        assert (result.returncode, result.stdout) == (0, "a1: on\n")
        path = clustershell.folder / "config" / "muster" / "cluster.conf"
        assert f"added a1: [cluster default] of {path}" in result.stderr and "Done!" in result.stderr
        assert path.read_text() == f"[cluster default]\nnodes = a1=unix:{clustershell.folder}/a1\n"
        assert oct(os.stat(path).st_mode & 0o777) == "0o600"
        # Again, and more: nothing is there twice, and what else the file holds stays.
        path.write_text("# mine\n" + path.read_text() + "# kept\n[daemon]\nname = x\n")
        result = clustershell.run("-c", f"clusterinit a1=unix:{clustershell.folder}/a1 web1.lan web1.lab:2222 10.0.0.7",
                                  "-c", "nodes", "-c", "clusterinit web1.lan")
        assert result.stdout == "a1,n[3-4],web1\n" and "added web1, n3, n4" in result.stderr
        assert "all of them are there already" in result.stderr
        assert path.read_text() == (
            f"# mine\n[cluster default]\nnodes = a1=unix:{clustershell.folder}/a1, web1=ssh:web1.lan, "
            "n3=ssh:web1.lab:2222, n4=ssh:10.0.0.7\n# kept\n[daemon]\nname = x\n")
        before = path.read_text()
        result = clustershell.run("-c", "clusterinit web9 'two words'")
        assert result.returncode == 2 and path.read_text() == before


def test_clusterinit_and_clusterdelete_ask_at_a_terminal(clustershell):
    with daemon(clustershell, "a1"):
        path = clustershell.folder / "config" / "muster" / "cluster.conf"
        child = clustershell.terminal()
        child.expect_exact("no cluster is configured")
        child.expect_exact("How many servers does the cluster have? > ")
        child.sendline("1")
        child.expect_exact("Please enter the IP of server #1 > ")
        child.sendline(f"a1=unix:{clustershell.folder}/a1")
        child.expect_exact("Done!")
        child.expect_exact("muster> ")
        child.sendline("@ echo on")
        child.expect_exact("a1: on\r\n")
        child.expect_exact("muster> ")
        child.sendline("clusterdelete")
        child.expect_exact("Are you sure that [cluster default] of")
        child.expect_exact("[y/n] ")
        child.sendline("n")
        child.expect_exact("Aborted")
        assert path.exists() and "a1" in path.read_text()
        child.expect_exact("muster> ")
        child.sendline("clusterdelete")
        child.expect_exact("[y/n] ")
        child.sendline("what")
        child.expect_exact("[y/n] ")
        child.sendcontrol("c")
        child.expect_exact("Aborted")
        child.expect_exact("muster> ")
        child.sendline("clusterdelete")
        child.expect_exact("[y/n] ")
        child.sendline("y")
        child.expect_exact("Configuration removed")
        child.expect_exact("muster> ")
        assert path.read_text() == "" and "a1" in (path.parent / "cluster.conf~").read_text()
        child.sendline("exit")
        child.expect(pexpect.EOF)


def test_clusterdelete_in_a_script_needs_to_be_sure(clustershell):
    path = clustershell.folder / "cluster.conf"
    text = "[daemon]\nname = x\n[cluster lab]\nnodes = n1=unix:/none,\n        n2=unix:/none2\n[groups]\ng = n1\n"
    path.write_text(text)
    result = clustershell.run("-c", "clusterdelete")
    assert result.returncode == 2 and "-y has to stand behind it" in result.stderr and path.read_text() == text
    result = clustershell.run("-c", "clusterdelete -y")
    assert result.returncode == 0 and "Configuration removed" in result.stderr
    assert path.read_text() == "[daemon]\nname = x\n[groups]\ng = n1\n"
    assert clustershell.lines(1, "clusterdelete -y", "clusterinit x").returncode == 2


@pytest.mark.parametrize("name", ["loglevel", "filters", "logs", "rules", "openport", "prime", "calculate", "massformula",
                                  "callmethods", "restart", "copyright", "warranty", "conditions", "egg"])
def test_what_is_not_offered_says_what_is(clustershell, name):
    result = clustershell.lines(1, f"{name} x")
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{name} of " in result.stderr and " is not offered: " in result.stderr
