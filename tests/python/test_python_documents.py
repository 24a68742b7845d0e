"""The Python of the documents runs, and prints what they say; the reference names everything."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import documents
import pytest
import python_documents
from conftest import processes_with

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
OURS = [page for page, text in PAGES.items() if python_documents.pieces(page, text)]


@pytest.fixture(name="folder")
def fixture_folder():
    folder = tempfile.mkdtemp(prefix="muster-py-")
    yield pathlib.Path(folder)
    left = processes_with(folder)
    for pid in left:
        os.kill(pid, 9)
    shutil.rmtree(folder)
    assert not left, "the page left nodes of clusters running"


def run(page, text, folder, environment):
    """Raises DocumentError when the page is wrong."""
    todo = python_documents.pieces(page, text)
    (folder / "page.json").write_text(json.dumps([dataclasses.asdict(piece) for piece in todo]))
    (folder / "home").mkdir()
    done = subprocess.run(
        [sys.executable, "-B", python_documents.__file__, folder / "page.json"], cwd=folder / "home",
        env=environment | {"HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), "IPYTHONDIR": str(folder), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100, check=False)
    python_documents.judge(todo, done.stdout)


@pytest.mark.parametrize("page", OURS)
def test_every_piece_of_python_does_what_its_page_says(page, cluster, folder):
    run(page, PAGES[page], folder, cluster.environment())


@pytest.mark.parametrize("page", OURS)
def test_what_is_quoted_of_other_libraries_is_python(page):
    for name, source in python_documents.others(page, PAGES[page]):
        compile(source, name, "exec", flags=0x2000)  # a top-level await is allowed


def test_the_pages_are_those_that_are_meant():
    assert {"coming-from.md", "python-reference.md", "python-tutorial.md", "clusters-reference.md",
            "coming-from-elasticluster.md", "plugins-reference.md"} <= set(OURS)


def test_the_reference_names_everything_that_is_public(api):
    names = set(api.__all__)
    for kind in (api.View, api.Cluster, api.Session, api.Outcome, api.Future, api.Executor, api.ValueStream):
        names |= {name for name in vars(kind) if not name.startswith("_")}
    for kind in (api.Progress, api.FileProgress, api.Event, api.Node):
        names |= set(kind._fields)
    names |= {"node", "kind", "reason", "traceback", "problems"} | {"MUSTER_LEGACY_PRINT", "MUSTER_CONFIG", "NO_COLOR"}
    with pytest.raises(TypeError) as caught:
        api.local(1).on(nothing=1).submit(abs, 1)
    names |= set(re.search(r"the options are (.*)", str(caught.value)).group(1).split(", "))
    missing = [name for name in sorted(names) if not re.search(rf"\b{name}\b", PAGES["python-reference.md"])]
    assert not missing, f"docs/python-reference.md does not name {missing}"


def test_the_reference_of_clusters_names_everything_that_is_public():
    import muster
    from muster import _connection
    names = set(muster.__all__)
    for kind in (muster.Cluster, muster.Node, muster.NodeResult, _connection.Channel, _connection.Output):
        names |= {name for owner in kind.__mro__[:-1] if owner is not tuple for name in vars(owner) if not name.startswith("_")}
    names -= {"take", "waiting", "write", "flush", "channel"}  # of files: what every file has, and our own
    missing = [name for name in sorted(names) if not re.search(rf"\b{name}\b", PAGES["clusters-reference.md"])]
    assert not missing, f"docs/clusters-reference.md does not name {missing}"


def test_the_reference_of_plugins_names_everything_that_they_can_use(monkeypatch, folder):
    monkeypatch.setenv("HOME", str(folder))
    import starcluster
    from muster import plugins
    from muster.plugins import cluster, remote_file
    from muster.plugins._sftp import Sftp
    names = set(plugins.__all__) | set(starcluster._MODULES) | {"run_plugin", "nodes_of", "order_of"}
    for kind in (plugins.ClusterSetup, plugins.DefaultClusterSetup, plugins.Node, plugins.Ssh, plugins.ThreadPool, Sftp,
                 remote_file.RemoteFile, cluster.ClusterManager):
        names |= {name for owner in kind.__mro__[:-1] for name in vars(owner) if not name.startswith("_")}
    names |= {name for name, one in vars(plugins.exception).items() if isinstance(one, type)
              and not name.startswith("_") and not one.__doc__.endswith("Nothing raises it here.")}
    names -= {"readable", "writable", "seekable", "isatty", "xreadlines"}  # of files: what every file has
    names -= {"output", "output_bytes", "store_exceptions", "running_pool"}  # ours
    # Answers to questions about a cloud, which the page tells of as such.
    names -= {name for name in names if name.startswith("is_") and name not in ("is_master", "is_up", "is_spot")}
    names -= {"ramdisk", "root_device_name", "root_device_type", "vpc_id", "subnet_id", "spot_id", "block_device_mapping",
              "attached_vols", "ami_launch_index", "user_data"}
    missing = [name for name in sorted(names) if not re.search(rf"\b{name}\b", PAGES["plugins-reference.md"])]
    assert not missing, f"docs/plugins-reference.md does not name {missing}"


def test_the_reference_names_every_option_of_the_magics():
    pytest.importorskip("IPython")
    from ClusterAPI import _ipython
    options = re.findall(r"--[a-z]+", _ipython.ClusterMagics.cluster.__doc__)
    assert "--session" in options
    assert [name for name in set(options) if f"`{name}" not in PAGES["python-reference.md"]
            and f", {name}" not in PAGES["python-reference.md"]] == []


BEGIN = "```python\nimport ClusterAPI, sys\ncluster = ClusterAPI.connect()\n```\n"


@pytest.mark.parametrize("text, is_good", [
    ("```python\nprint(cluster.run(abs, -1)['n1'])\n```\n```text\n1\n```\n", True),
    ("```python\nprint(1)\nprint(2)\n```\n```text any-order\n2\n1\n```\n", True),
    ("```python\nprint(1)\n```\n", False),
    ("```python\nprint(1)\n```\n```text\n2\n```\n", False),
    ("```python\n1 / 0\n```\n", False),
    ("```python fails\n1 / 0\n```\n```text\nZeroDivisionError: ...\n```\n", True),
    ("```python fails\n1 / 1\n```\n", False),
    ("```python\nsys.exit()\n```\n", False),
    ("```python\n__import__('os')._exit(0)\n```\n", False),
    ("```python other\nimport nothing_of_that_name\n```\n", True),
    ("| Other | Muster |\n|---|---|\n| `x` | `a = 5`<br>`assert a == 5`, where `no code` is prose |\n", True),
    ("| Other | Muster |\n|---|---|\n| `x` | `assert False` |\n", False),
    ("| Other | Ours |\n|---|---|\n| `x` | `assert False` |\n", True),
    ("```ipython\n6 * 7\n```\n```text\nOut[1]: 42\n```\n", True),
    ("```ipython\n1 / 0\n```\n```text\n...\n```\n", False),
])
def test_a_wrong_page_fails_and_a_right_one_does_not(text, is_good, api, folder):
    environment = dict(os.environ)
    if is_good:
        run("page.md", BEGIN + text, folder, environment)
    else:
        with pytest.raises(documents.DocumentError):
            run("page.md", BEGIN + text, folder, environment)
