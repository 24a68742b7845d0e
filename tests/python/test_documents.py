"""Every command that a document prints does what the document says."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import documents
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def all_documents():
    names = [path.relative_to(ROOT) for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md")]
    return sorted(str(name) for name in names)


def end_what_runs_in(folder):
    """The nodes of a cluster go on when the document that started it fails in the middle."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(process / "cwd").startswith(f"{folder}/"):
                os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture(name="home")
def fixture_home():
    # Not in pytest's folder: sockets go there, and their paths hold 107 bytes.
    folder = tempfile.mkdtemp(prefix="muster-doc-")
    yield pathlib.Path(folder)
    end_what_runs_in(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", all_documents())
def test_every_command_of_a_document_does_what_it_says(name, home):
    text = (ROOT / name).read_text(encoding="utf-8")
    documents.run_document(text, ROOT, home, (ROOT / ".ci/run").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", all_documents())
def test_every_link_of_a_document_leads_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in documents.re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / name).parent.joinpath(target).exists(), f"{name} links to {target}"


def test_architecture_is_short():
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 150


def run(text, home):
    documents.run_document(text, home, home, "stage one scripts/test --fast\n")


def test_a_good_document_passes(home):
    run("```ini file=~/a/b.conf\nx\n```\n```console\n$ cat ~/a/b.conf\nx\n$ false\n$ echo $?\n1\n"
        "$ cat <<END\n> a b\n> END\na ...\n$ seq 9\n1\n...\n9\n```\n"
        "```console any-order\n$ seq 3\n3\n1\n2\n```\n```console fails\n$ false\n$ cat none\n...\n```\n```console ci\n$ scripts/test --fast\n```\n", home)


@pytest.mark.parametrize("text", [
    "```console\n$ echo one\ntwo\n```\n",
    "```console\n$ echo one; echo two\none\n```\n",
    "```console\n$ false\n```\n",
    "```console fails\n$ true\n```\n",
    "```console\n$ true\n$ exit 0\n```\n",
    "```console any-order\n$ seq 3\n3\n1\n```\n",
    "```console ci\n$ scripts/test\n```\n",
    "```sh\nscripts/test\n```\n",
    "```console\nno command\n```\n",
    "```console\n$ true\n",
])
def test_a_bad_document_fails(text, home):
    with pytest.raises(documents.DocumentError):
        run(text, home)


def test_what_a_document_starts_ends_with_it(home):
    run("```console\n$ sleep 4321 & echo $! > pid\n```\n", home)
    pid = (home / "pid").read_text(encoding="utf-8").strip()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = subprocess.run(["ps", "-o", "stat=", "-p", pid], check=False, capture_output=True).stdout
        if not state or state.startswith(b"Z"):
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} still runs")
