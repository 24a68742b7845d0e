"""The types that the package promises: those of the stubs, as mypy reads them, and as they are."""

import inspect
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("mypy", reason="the package mypy is not installed")
HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parents[1] / "client/python/ClusterAPI"

# What no caller makes, and what pybind11 makes of a class.
NOT_TOLD = r"""
ClusterAPI\.(Cluster|Session|ValueStream|View|Outcome)\.__init__
ClusterAPI\._(aio|native)\.\w+\.__init__
ClusterAPI\._aio\._Opening.*
ClusterAPI\.(_native\.)?(Outcome|Transfer|CallQueue|Cluster)
"""


@pytest.fixture(name="mypy")
def fixture_mypy(tmp_path):
    """Runs mypy, or its stubtest, with nothing but our stubs; its complaints."""
    stubs = tmp_path / "stubs" / "ClusterAPI"
    stubs.mkdir(parents=True)
    for stub in PACKAGE.glob("*.pyi"):
        shutil.copy(stub, stubs)

    def run(module, *arguments):
        done = subprocess.run([sys.executable, "-m", module, *map(str, arguments)], cwd=tmp_path, stdin=subprocess.DEVNULL,
                              env=os.environ | {"MYPYPATH": str(stubs.parent)}, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout if done.returncode != 0 else ""
    return run


def test_a_program_that_uses_every_name_passes_strictly(mypy):
    assert mypy("mypy", "--strict", HERE / "typed_program.py") == ""


def test_that_program_does_use_every_name():
    import ClusterAPI
    text = (HERE / "typed_program.py").read_text(encoding="utf-8")
    names = set(ClusterAPI.__all__)
    for kind in (ClusterAPI.Cluster, ClusterAPI.Session, ClusterAPI.Outcome, ClusterAPI.Event, ClusterAPI.Node,
                 ClusterAPI.Progress, ClusterAPI.FileProgress):
        names |= {name for name in vars(kind) if not name.startswith("_")}
    names |= {name for name in vars(ClusterAPI.View) if not name.startswith("_")}
    assert {"submit", "exit_code", "left"} <= names
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", text)] == []


WRONG = """\
import ClusterAPI
with ClusterAPI.local(1) as cluster:
    number: int = ClusterAPI.execute(1, "1+1")
    cluster.on(deadlin=5)
    cluster.on(deadline="5")
    cluster.on(isolation="none")
    text: str = cluster.submit(len, "abc").result()
    cluster.submit("1+1")
    cluster.shell("true")[0].result().exitcode
    cluster.map(len, ["a"], progress="yes")
    cluster.put("a", "b", output=5)
    ClusterAPI.exceute(1, "1")
"""


def test_what_is_wrong_is_found(mypy, tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    found = {int(line) for line in re.findall(r"wrong\.py:(\d+): error", mypy("mypy", "--strict", "wrong.py"))}
    assert found == set(range(3, 13))


def test_the_stubs_tell_what_is_there(mypy, tmp_path):
    (tmp_path / "allowed").write_text(NOT_TOLD, encoding="utf-8")
    assert mypy("mypy.stubtest", "ClusterAPI", "--ignore-missing-stub", "--allowlist", "allowed",
                "--ignore-unused-allowlist") == ""


def test_stubs_that_lie_are_found(mypy, tmp_path):
    (tmp_path / "allowed").write_text(NOT_TOLD, encoding="utf-8")
    stub = tmp_path / "stubs/ClusterAPI/__init__.pyi"
    stub.write_text(stub.read_text(encoding="utf-8").replace("timeout: float = 2.0", "time: float = 2.0"), encoding="utf-8")
    assert "ClusterAPI.View.check" in mypy("mypy.stubtest", "ClusterAPI", "--ignore-missing-stub", "--allowlist", "allowed")


def test_the_stubs_name_every_option(api, nodes):
    """Their names are the library's: Python hands them on as they are."""
    text = (PACKAGE / "__init__.pyi").read_text(encoding="utf-8")
    own = {"targets", "trust_results", "progress", "self", "local", "remote", "line", "source", "words"}
    for method, call in [("on", lambda: nodes.on(nothing=1).submit(abs, 1)), ("get", lambda: nodes.get("a", "b", nothing=1)),
                         ("shell", lambda: nodes.shell("true", nothing=1)), ("stream", lambda: next(nodes.stream("", nothing=1))),
                         ("python", lambda: nodes.python("1", nothing=1)), ("argv", lambda: nodes.argv([], nothing=1))]:
        with pytest.raises(TypeError, match="there is no option nothing") as caught:
            call()
        options = set(re.search(r"the options are (.*)", str(caught.value)).group(1).split(", "))
        told = re.search(rf"    def {method}\((.*?)\) ->", text, re.DOTALL).group(1)
        assert set(re.findall(r"\b(\w+):", told)) - own == options, method
    assert inspect.signature(api.View.on).parameters["options"].kind is inspect.Parameter.VAR_KEYWORD
