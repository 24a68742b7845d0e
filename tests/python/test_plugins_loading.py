"""Plugins that cannot be loaded, and what of their configuration is wrong: told before any node is touched."""

import json
import os
import re
import subprocess
import sys

import pytest
from plugin_runs import DOCUMENT, fixture_lab, fixture_run  # noqa: F401

BROKEN = [
    ("nowhere.Plugin", None, r"Plugin p: there is no module nowhere \(lab.conf:1\); looked for nowhere.py in /\S+/plugins"),
    ("broken.Plugin", "class Plugin(\n    pass\n", r"Plugin p \(/\S+/broken.py\) contains a syntax error at line 1: '\(' was never closed"),
    ("raises.Plugin", "import os\n\nos.no_such_name\n",
     r"Failed to import plugin p \(raises\): /\S+/raises.py, line 3: AttributeError: module 'os' has no attribute 'no_such_name'"),
    ("wants.Plugin", "import no_such_module\n",
     r"Failed to import plugin p \(wants\): /\S+/wants.py, line 1: ModuleNotFoundError: No module named 'no_such_module'; no_such_module has to be installed for "),
    ("other.Plugin", "from muster.plugins import ClusterSetup\nclass Plugins(ClusterSetup): pass\n",
     r"Plugin p \(/\S+/other.py\) has no class Plugin \(lab.conf:1\); did you mean Plugins\?"),
    ("plain.Plugin", "class Plugin: pass\n",
     r"Plugin of plugin p \(/\S+/plain.py\) is no subclass of starcluster.clustersetup.ClusterSetup"),
    ("makes.Plugin", "from muster.plugins import ClusterSetup\nclass Plugin(ClusterSetup):\n    def __init__(self):\n        1 / 0\n",
     r"Plugin p: Plugin\(\) raised ZeroDivisionError: division by zero \(makes.py, line 4\)"),
    ("needs.Plugin", "from muster.plugins import ClusterSetup\nclass Plugin(ClusterSetup):\n    def __init__(self, a, b, c=1): pass\n",
     r"Not enough settings provided for plugin p \(missing: a, b\) \(lab.conf:1\); its class Plugin takes: a, b, c=1"),
    ("Plugin", None, r"setup_class of plugin p is 'Plugin' \(lab.conf:1\); it has to be MODULE.CLASS"),
    ("old.Plugin", "from muster.plugins import ClusterSetup\nasync = 1\nprint 'x'\nclass Plugin(ClusterSetup): pass\n",
     r"Plugin p \(/\S+/old.py\) cannot be loaded: Python 2 syntax, line 2"),
    ("template.Plugin", "from starcluster.templates.sge import sge_pe_template\n",
     r"Failed to import plugin p \(template\): .*starcluster.templates.sge.sge_pe_template is not there: what StarCluster wrote"),
    ("exits.Plugin", "import sys\nsys.exit(1)\n", r"Failed to import plugin p \(exits\): /\S+/exits.py, line 2: SystemExit: 1"),
]


@pytest.mark.parametrize("setup_class, text, message", BROKEN, ids=[case[0] for case in BROKEN])
def test_each_broken_plugin_says_what_is_wrong_with_it(run, setup_class, text, message):
    if text is not None:
        run.write(setup_class.rpartition(".")[0] + ".py", text)
    run.write("good.py", DOCUMENT)
    run.configure("p", setup_class)
    run.configure("good", "good.PackageInstaller", pkg_to_install="htop")
    run.nodes = [{"name": "gone", "address": "unix:/no/such.sock"}]  # nobody contacts it
    answer = run.call("check")
    assert not answer["ok"] and [plugin["ok"] for plugin in answer["plugins"]] == [False, True]
    assert re.search(message, answer["message"]), answer["message"]
    answer = run.call()
    assert not answer["ok"] and answer["receipt"]["done"] == {}
    assert [result["plugin"] for result in answer["results"]] == ["p"]


def test_what_is_configured_is_listed(run):
    path = run.write("ubuntu.py", DOCUMENT + "     def on_shutdown(self, *rest): pass\n")
    run.configure("pkginstaller", "ubuntu.PackageInstaller")
    (plugin,) = run.call("list")["plugins"]
    assert plugin == {"name": "pkginstaller", "setup_class": "ubuntu.PackageInstaller", "file": str(path), "line": 3,
                      "hooks": ["run", "on_shutdown"], "arguments": ["pkg_to_install"], "ok": True, "text": "ok"}
    assert "missing: pkg_to_install" in run.call("check")["message"]


TYPED = '''\
import enum, pathlib, typing
from muster.plugins import ClusterSetup
class Color(enum.Enum):
    RED = "red"
class Typed(ClusterSetup):
    def __init__(self, count: int = 1, share: float = 0.5, fast: "bool" = False, words: list[int] = (), path: pathlib.Path = None,
                 color: Color = Color.RED, maybe: int | None = 1, mode: typing.Literal["a", "b"] = "a", NodeName="x", text: str = ""):
        self.told = (count, share, fast, words, str(path), color.name, maybe, mode, NodeName, text)
    def run(self, *rest):
        print(self.told)
'''


def test_settings_become_what_the_annotations_say(run, capsys):
    run.write("typed.py", TYPED)
    run.configure("t", "typed.Typed", count="7", share="1e3", fast="On", words="1, 2\n3", path="/a", color="red", maybe="none", mode="b",
                  nodename="n", text="07", cuont="8")
    assert run.call()["ok"]
    out = capsys.readouterr().out
    assert "(7, 1000.0, True, [1, 2, 3], '/a', 'RED', None, 'b', 'n', '07')" in out
    assert "*** WARNING - plugin t has no argument cuont (lab.conf:1); did you mean count?" in out
    for key, value, wanted in [("count", "many", "a whole number"), ("share", "x", "a number"), ("fast", "maybe", "yes or no"),
                               ("color", "blue", "red"), ("mode", "c", "a or b"), ("words", "1,x", "a list, separated by commas, where each is a whole number"),
                               ("maybe", "x", "a whole number or none")]:
        run.configure("t", "typed.Typed", **{key: value})
        answer = run.call("check")
        assert not answer["ok"]
        assert re.search(
            rf"{key} of plugin t is '{value}' \(lab.conf:.\); it has to be {wanted}", answer["message"]), answer["message"]


def test_a_plugin_that_was_edited_is_read_anew(run, capsys):
    text = "from muster.plugins import ClusterSetup\nclass P(ClusterSetup):\n    def run(self, *rest): print('%s')\n"
    run.configure("p", "p.P")
    for word in ("one", "two"):
        run.write("p.py", text % word)
        run.call(again=True)
    assert [line for line in capsys.readouterr().out.splitlines() if line in ("one", "two")] == ["one", "two"]


def test_places_are_looked_at_in_their_order(run, tmp_path, monkeypatch):
    text = "from muster.plugins import ClusterSetup\nclass P(ClusterSetup):\n    '''%s'''\n    def run(self, *rest): pass\n"
    (tmp_path / "second").mkdir()
    (tmp_path / "path").mkdir()
    for folder in ("plugins", "second", "path"):
        (tmp_path / folder / "places.py").write_text(text % folder)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}/path:{os.environ['PYTHONPATH']}")
    run.configure("p", "places.P")

    def found(*folders):
        return run.call("list", paths=[str(tmp_path / folder) for folder in folders])["plugins"][0]["text"]
    assert [found("plugins", "second"), found("second", "plugins"), found()] == ["plugins", "second", "path"]


@pytest.mark.parametrize("method, order, code, message", [
    ("run", {"plugin": "q"}, "NOT_FOUND", "plugin q is not defined in the configuration; it has: p"),
    ("run", {"plugin": "p", "hook": "on_addnode"}, "INVALID_ARGUMENT", "there is no hook on_addnode; did you mean on_add_node?"),
    ("run", {"plugin": "p", "only": ["n9"]}, "NOT_FOUND", "lab has no node n9 that runs; it has: n1, n2, n3"),
    ("leave", {"reason": "end"}, "INVALID_ARGUMENT", "the reason of leave is end; it has to be one of: remove, shutdown, restart"),
    ("set_up", {"nodes": []}, "FAILED_PRECONDITION", "no node of lab runs, so that no plugin can"),
    ("dance", {}, "UNIMPLEMENTED", "plugins have no dance; they have: set_up, leave, run, list, check"),
])
def test_an_order_that_makes_no_sense_is_refused(run, method, order, code, message):
    run.configure("p", "ubuntu.PackageInstaller", pkg_to_install="htop")
    assert run.answer(method, **order) == [code, message]


def test_without_lib2to3_python_2_is_told_with_its_line(run, tmp_path):
    run.write("old.py", "from starcluster.clustersetup import ClusterSetup\nclass Old(ClusterSetup):\n    def run(self, *rest):\n"
                        "        print 'x'\n")
    run.configure("old", "old.Old")
    (tmp_path / "none/lib2to3").mkdir(parents=True)
    (tmp_path / "none/lib2to3/__init__.py").write_text("raise ImportError('not installed')\n")
    program = "import json, sys\nfrom muster import _host\nprint(_host.call('plugins', sys.argv[1], 'check', []))"
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}/none:{os.environ['PYTHONPATH']}"}
    out = subprocess.run([sys.executable, "-c", program, json.dumps(run.order())], env=environment, text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    assert "cannot be loaded: Python 2 syntax, line 4: lib2to3 changes that, which is not installed (Debian package " in out


def test_a_file_that_others_may_write_is_not_run(run):
    path = run.write("deep/open.py", "raise AssertionError('it ran')\n")
    run.write("deep/__init__.py", "")
    run.configure("p", "deep.open.Open")
    for mode, place in ((0o646, path), (0o757, path.parent), (0o757, run.plugins)):
        before = place.stat().st_mode
        place.chmod(mode)
        assert f"is not run: others may write to {place}; say: chmod go-w {place}" in run.call("check")["message"]
        place.chmod(before)
    if os.getuid() == 0:
        os.chown(path, 65534, 0)
        assert f"{path} belongs to somebody else (user 65534)" in run.call("check")["message"]
        os.chown(path, 0, 0)
    assert "AssertionError: it ran" in run.call("check")["message"]


def test_the_folder_of_plugins_is_made_for_its_user_alone(run, lab):
    run.call("list", paths=None)
    assert (lab[1] / ".config/muster/plugins").stat().st_mode & 0o777 == 0o700
