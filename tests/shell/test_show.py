"""show: its search, its forms, its widths, and how long it waits."""

import json
import signal
import subprocess
import time

import pexpect

from conftest import LONG, SLACK, Terminal, freeze, wait_until
from node_lab import fixture_daemons, fixture_lab, names  # pylint: disable=unused-import


def test_show_searches_what_names_no_node(lab):
    for words, found in {"mongo": ["db1"], "MONGODB": ["db1"], "app=mongodb": ["db1"], "web2.sock": ["web2"],
                         "running": ["web1", "web2", "db1"], "runn": ["web1", "web2", "db1"], "state=run": ["web1", "web2", "db1"], "down": ["gone1"], "mongo,web1.so": ["web1", "db1"]}.items():
        result = lab.do(f"show {words}")
        assert (names(result.stdout), result.returncode) == (found, 0), words
        assert f"'{words}' is no node: searched for it" in result.stderr
    # A target is one first.
    result = lab.do("show web1")
    assert names(result.stdout) == ["web1"] and "searched" not in result.stderr
    result = lab.do("show nothing")
    assert (result.stdout, result.returncode) == ("", 3)
    assert "'nothing' names no node" in result.stderr and "no attribute or tag of a node holds" in result.stderr


def test_show_has_forms_for_programs(lab):
    shown = json.loads(lab.do("show -o json").stdout)
    assert [node["index"] for node in shown] == [1, 2, 3, 4]
    assert shown[2]["tags"] == ["app:mongodb"] and shown[2]["latency_s"] > 0 and shown[2]["load"] >= 0
    assert shown[3]["state"] == "down" and "gone1" in shown[3]["reason"] and "latency_s" not in shown[3]
    assert lab.do("show -o name web*").stdout == "web1\nweb2\n"
    yaml = lab.do("show db1 -o yaml").stdout
    assert yaml.startswith("- index: 3\n  name: \"db1\"\n") and '\n  tags: ["app:mongodb"]\n' in yaml
    wide = lab.do("show -o=wide").stdout.splitlines()
    assert {"load", "latency", "os", "ip", "version", "cluster", "login", "reason"} <= set(wide[0].split())
    assert lab.do("show -o xml").returncode == 2


def test_show_tells_more_when_asked(lab):
    brief = lab.do("show -v web1").stdout.splitlines()
    assert {"os", "version", "workers"} <= set(brief[0].split())
    running = lab.start("-c", "@web1 sleep 4321")
    try:
        shown = wait_until(lambda: (text := lab.do("show -vv web1").stdout) if "sleep" in (
            text := lab.do("show -vv web1").stdout) else None, 5 * SLACK, "the execution is shown")
    finally:
        running.terminate()
        running.communicate(timeout=LONG)
    assert "   execution: running sleep 4321\n" in shown and "   running: 1\n" in shown
    assert "   reason: " in lab.do("show -vv gone1").stdout


def test_show_fits_forty_columns(lab):
    child = Terminal(str(lab.environment["MUSTER_BIN_DIR"]) + "/clustershell", ["-c", "show", "-c", "show -v"],
                          env=lab.environment, cwd=lab.folder, dimensions=(24, 40), timeout=LONG, encoding="utf-8")
    lab.terminals.append(child)
    child.expect(pexpect.EOF)
    table = child.before.splitlines()[:5]
    assert table[0].split()[:3] == ["@", "name", "state"] and "running" in table[0]
    assert all(len(line) <= 40 for line in table), table
    assert "   state: running" in child.before  # -v has no room for columns


def test_show_waits_for_no_frozen_node(lab, daemons):
    frozen = daemons.processes["db1"]
    freeze(frozen.pid)
    try:
        begun = time.monotonic()
        shown = json.loads(lab.do("show -o json").stdout)
        assert time.monotonic() - begun < 2 + 1 * SLACK
        begun = time.monotonic()
        assert lab.do("show web1", "check web1", "ps web*").returncode == 0
        assert time.monotonic() - begun < 2  # nobody waits for a node that is not asked
    finally:
        frozen.send_signal(signal.SIGCONT)
    assert [node["state"] for node in shown] == ["running", "running", "down", "down"]
    assert "db1" in shown[2]["reason"] and "no answer" in shown[2]["reason"]


def test_show_is_drawn_again_until_interrupted(lab):
    child = lab.terminal()
    child.expect_exact("muster> ")
    child.sendline("show --watch 100ms")
    for _ in range(3):
        child.expect_exact("\x1b[H\x1b[2J")
        child.expect("web1 ")
    child.sendintr()
    child.expect_exact("muster> ")
    process = lab.start("-c", "show --watch 100ms web1", stdin=subprocess.DEVNULL)
    lines = [process.stdout.readline().decode() for _ in range(4)]
    assert [line.split()[:2] for line in lines] == [["@", "name"], ["1", "web1"]] * 2
    process.terminate()
    process.communicate(timeout=LONG)
