"""scripts/bundle: what it makes runs anywhere, and is the same twice."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import host_lab
from host_lab import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["MUSTER_BIN_DIR"])


def bundle(*arguments, **environment):
    return subprocess.run([str(ROOT / "scripts/bundle"), "--bin", str(BIN), *map(str, arguments)], check=False,
                          capture_output=True, text=True, cwd="/", env=dict(os.environ, **environment))


@pytest.fixture(name="made", scope="module")
def fixture_made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle") / "a strange, [long] path's folder"
    done = bundle("--output", folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{folder}\n", "")
    return folder


def manifest(folder):
    return (folder / "MANIFEST").read_text(encoding="utf-8").splitlines()


def test_the_manifest_tells_what_is_in_it_and_what_it_needs(made):
    lines = manifest(made)
    facts = dict(line.split(" ", 1) for line in lines if not line.startswith("file "))
    assert facts["muster-bundle"] == "1" and facts["machine"] == os.uname().machine
    assert re.fullmatch(r"[0-9a-f]{16}", facts["digest"]) and re.fullmatch(r"2\.\d+", facts["glibc"])
    listed = {}
    for line in lines:
        if line.startswith("file "):
            _, digest, size, mode, name = line.split(" ", 4)
            path = made / name
            assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
            assert (path.stat().st_size, oct(path.stat().st_mode & 0o777)[2:]) == (int(size), mode)
            listed[name] = mode
    there = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    assert there == set(listed) | {"MANIFEST"}
    assert {name for name, mode in listed.items() if mode == "755"} == {"clusterd", "clusterd-spawner", "clusterd-worker"}


def test_it_holds_neither_glibc_nor_python(made):
    names = [path.name for path in made.rglob("*.so*")]
    assert any(name.startswith("libgrpc") for name in names)
    assert not [name for name in names if re.match(r"lib(c|m|dl|pthread|python|resolv)[.\d]|ld-", name)]


def test_the_programs_look_for_libraries_beside_themselves_and_nowhere_else(made):
    for name, path in (("clusterd", "$ORIGIN/clusterd-lib"), ("clusterd-worker", "$ORIGIN/clusterd-worker-lib")):
        said = subprocess.run(["readelf", "-d", str(made / name)], check=True, capture_output=True, text=True).stdout
        assert re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", said) == [path]


def test_made_again_it_is_the_same(made, tmp_path):
    done = bundle(XDG_CACHE_HOME=str(tmp_path))
    folder = pathlib.Path(done.stdout.strip())
    assert folder.parent == tmp_path / "muster/bundles"
    assert manifest(folder) == manifest(made)
    before = folder.stat().st_ino
    assert bundle(XDG_CACHE_HOME=str(tmp_path)).stdout == done.stdout
    assert folder.stat().st_ino == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_eight_at_once_make_one(tmp_path):
    running = [subprocess.Popen([str(ROOT / "scripts/bundle"), "--bin", str(BIN)], stdout=subprocess.PIPE, text=True,
                                env=dict(os.environ, XDG_CACHE_HOME=str(tmp_path))) for _ in range(8)]
    said = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 8
    assert len(said) == 1
    folder = pathlib.Path(said.pop().strip())
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name]
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_what_cannot_be_done_is_told(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter").write_text("dear")
    done = bundle("--output", tmp_path / "mine")
    assert done.returncode == 1 and "is there and is no bundle" in done.stderr
    assert (tmp_path / "mine/letter").read_text() == "dear"
    assert subprocess.run([str(ROOT / "scripts/bundle"), "--frob"], check=False, capture_output=True).returncode == 2
    assert subprocess.run([str(ROOT / "scripts/bundle"), "--help"], check=False, capture_output=True).returncode == 0
    (tmp_path / "scripts").mkdir()
    alone = shutil.copy(ROOT / "scripts/bundle", tmp_path / "scripts/bundle")
    done = subprocess.run([alone], check=False, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    assert done.returncode == 1 and "there is no clusterd" in done.stderr


@pytest.mark.skipif(bool(host_lab.why_impossible()), reason=host_lab.why_impossible())
def test_it_runs_where_nothing_of_ours_is(made):
    lab = host_lab.HostLab(["bare"])
    try:
        host = lab.hosts["bare"]
        strange = "/var/tmp/it's a \"strange\" place"
        host.run("mkdir", strange)
        packed = subprocess.Popen(["tar", "-C", str(made), "-cf", "-", "."], stdout=subprocess.PIPE)
        subprocess.run(host.command("tar", "-C", strange, "-xf", "-"), stdin=packed.stdout, check=True)
        assert packed.wait() == 0
        assert re.match(r"clusterd \d", host.run(strange + "/clusterd", "--version"))
        assert "Python 3." in host.run(strange + "/clusterd-worker", "--version")
        host.run("mkdir", "-m", "700", "/run/own")
        daemon = subprocess.Popen(host.command(strange + "/clusterd", "--name", "bare", "--listen", "unix:/run/own/s"),
                                  stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
                                  env={"PATH": os.environ["PATH"], "HOME": "/run/own"})
        assert "listening" in daemon.stdout.readline()
        # Nothing it has open lies outside of it and of glibc.
        pid = host.run("pidof", "clusterd").split()[0]
        used = set(re.findall(r"(/\S.*\.so[.\d]*)$", host.run("cat", f"/proc/{pid}/maps"), re.M))
        others = [path for path in used if not path.startswith(strange + "/clusterd-lib/")]
        assert all(re.search(r"/(libc|libm|ld-linux[^/]*)\.so", path) for path in others), others
        host.run("kill", pid)
        assert eventually(lambda: daemon.poll() is not None)
    finally:
        lab.close()
