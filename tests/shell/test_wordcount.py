"""wordcount, against the pipeline of tr that its documentation names."""

import collections
import os
import subprocess

import pytest

from conftest import BIN, LONG

LICENSES = "/usr/share/common-licenses"
PIPELINE = r"""tr -cs 'A-Za-z' '\n' <"$1" | tr A-Z a-z | grep ."""


def counted_by_tr(folder):
    """The ten lines that are right."""
    total = collections.Counter()
    for entry in os.scandir(os.fsencode(folder)):
        if entry.is_file():
            words = subprocess.run(
                [b"sh", b"-c", PIPELINE.encode(), b"sh", entry.path], stdout=subprocess.PIPE,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, check=False).stdout
            total.update(words.split())
    most = sorted(total.items(), key=lambda item: (-item[1], item[0]))[:10]
    return "".join(f"{count:8d} {word.decode()}\n" for word, count in most)


@pytest.fixture
def texts(tmp_path):
    """A folder of files with all that may go wrong."""
    folder = tmp_path / "text's \"folder\""
    folder.mkdir()

    def write(name, data):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(data)

    write(b"two words.txt", b"Apple apple BANANA\n")
    write(b"it's \"quoted\" \\ {} %s.txt", b"quote quote apple\n")
    write(b"new\nline\x01.txt", b"newline apple\n")
    write(b"\xff\xfe not utf-8", b"strange strange\xff\xfename apple\n")
    write("grün.txt".encode(), "Grün Ärger naïve café übers Ünder\u00a0x 日本語\n".encode())
    write(b"no newline", b"the last word has none")
    write(b"empty", b"")
    write(b"nothing but signs", b"1234 !?\n\n \t--")
    write(b"nul", b"a\0b\0\0c")
    write(b"-n", b"dash dash apple")
    write(b"one line of 30 MB", b"Apple, banana; cherry x" * (30_000_000 // 23))
    write(b"one word over chunks", b"z" * 3_000_000 + b" apple")
    write(b"distinct", b" ".join(b"w" + b"".join(b"%c" % (97 + int(digit)) for digit in str(n))
                                 for n in range(100_000)))
    os.symlink("two words.txt", os.path.join(os.fsencode(folder), b"link to two words"))
    os.symlink("nowhere", os.path.join(os.fsencode(folder), b"broken link"))
    (folder / "folder").mkdir()
    (folder / "folder" / "not counted").write_text("deep " * 1000)
    return folder


def test_the_licenses_are_counted_as_tr_does(clustershell):
    result = clustershell.lines(3, "run wordcount")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == counted_by_tr(LICENSES)


def test_nasty_files_are_counted_as_tr_does(clustershell, texts):
    quoted = "'" + str(texts).replace("'", "'\\''") + "'"
    result = clustershell.lines(3, f"run wordcount {quoted}")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == counted_by_tr(texts)


def test_the_program_of_its_own_does_the_same(clustershell, texts):
    result = clustershell.run("--local", "2", str(texts), program="wordcount")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == counted_by_tr(texts)


def test_ties_are_in_alphabetical_order(clustershell, tmp_path):
    folder = tmp_path / "ties"
    folder.mkdir()
    for name in "zyxwvutsrqponmlk":
        (folder / name).write_text(f"{name * 2} {name * 3}")
    result = clustershell.run("--local", "3", str(folder), program="wordcount")
    assert result.stdout == counted_by_tr(folder)
    assert result.stdout.splitlines()[0] == "       1 kk"


def test_a_file_that_cannot_be_read_is_named_and_the_rest_counted(clustershell, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "good").write_text("good good\n")
    os.symlink("/proc/self/mem", folder / "unreadable")  # even for root
    result = clustershell.lines(2, f"run wordcount {folder}")
    assert result.returncode == 1
    assert result.stdout == "       2 good\n"
    assert f"cannot count {folder}/unreadable: failed: OSError" in result.stderr
    assert result.stderr.startswith(("n1: ", "n2: "))


def test_a_missing_folder_is_named(clustershell):
    result = clustershell.run("--local", "1", "/nowhere", program="wordcount")
    assert (result.returncode, result.stdout) == (2, "")
    assert "cannot read the folder /nowhere: No such file or directory" in result.stderr


def test_a_dead_node_costs_nothing_but_a_message(clustershell, tmp_path):
    os.chmod(tmp_path, 0o700)
    daemon = clustershell.start("--name", "n1", "--listen", f"unix:{tmp_path}/n1.sock",
                                program="clusterd")
    assert b"listening" in daemon.stdout.readline()
    (tmp_path / "cluster.conf").write_text(
        f"[cluster two]\nnodes = n1=unix:{tmp_path}/n1.sock, n2=unix:{tmp_path}/n2.sock\n")
    os.chmod(tmp_path / "cluster.conf", 0o600)
    result = subprocess.run([str(BIN / "wordcount")], capture_output=True, text=True, timeout=LONG,
                            env=clustershell.environment, cwd=tmp_path, check=False)
    daemon.kill()
    daemon.communicate()
    assert result.returncode == 0
    assert result.stdout == counted_by_tr(LICENSES)
    assert "n2: cannot count " in result.stderr and "unreachable" in result.stderr
