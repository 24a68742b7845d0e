"""What `cmake --install` puts where, and that programs outside the tree build and run with it."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import documents
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["MUSTER_BIN_DIR"]).parent


def run(*command, **environment):
    # The installed programs have to find each other by themselves.
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith("MUSTER_") and name != "PYTHONPATH"}
    result = subprocess.run([str(word) for word in command], env=clean | environment, check=False,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 0, f"{command}:\n{result.stdout}"
    return result.stdout


@pytest.fixture(name="prefix", scope="module")
def fixture_prefix():
    with tempfile.TemporaryDirectory(prefix="muster install ") as folder:
        run("cmake", "--install", BUILD, "--prefix", f"{folder}/first")
        # Nothing may depend on where it was put at first.
        shutil.move(f"{folder}/first", f"{folder}/moved")
        yield pathlib.Path(folder) / "moved"


@pytest.fixture(name="hello")
def fixture_hello(tmp_path):
    """The program of the README, and its CMakeLists.txt."""
    for block in documents.blocks((ROOT / "README.md").read_text(encoding="utf-8")):
        for option in block.options:
            if option.startswith("file=~/hello/"):
                (tmp_path / option.rsplit("/", 1)[1]).write_text(block.text, encoding="utf-8")
    return tmp_path


def test_every_file_is_in_its_place(prefix):
    files = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if not path.is_dir()}
    (module,) = {name for name in files if re.search(r"dist-packages/ClusterAPI/_native[^/]*\.so$", name)}
    folder = str(pathlib.PurePath(module).parent)
    package = {f"{folder}/{path.name}" for path in (ROOT / "client/python/ClusterAPI").iterdir()
               if path.suffix in (".py", ".pyi") or path.name == "py.typed"}
    life = {f"{folder.removesuffix('ClusterAPI')}{path.relative_to(ROOT / 'provision/python')}"
            for name in ("muster", "elasticluster", "slurm_gcp_plugins", "starcluster") for path in (ROOT / "provision/python" / name).rglob("*")
            if path.suffix in (".py", ".pyi") or path.name == "py.typed"}
    (provision,) = {name for name in files if re.search(r"dist-packages/muster/_provision[^/]*\.so$", name)}
    documents_there = {f"share/doc/muster/{name}" for name in (
        "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE",
        "docs/clusters.md", "docs/coming-from.md", "docs/configuration.md", "docs/cpp-reference.md", "docs/cpp-tutorial.md", "docs/examples.md",
        "docs/failure-semantics.md", "docs/files.md", "docs/hooks.md", "docs/limits.md",
        "docs/clusters-reference.md", "docs/coming-from-clush.md", "docs/coming-from-dustcluster.md", "docs/coming-from-elasticluster.md",
        "docs/coming-from-starcluster.md", "docs/plugins.md", "docs/plugins-reference.md",
        "docs/providers.md", "docs/nodes.md", "docs/one-shot.md", "docs/output.md", "docs/performance.md",
        "docs/programs.md", "docs/prompt.md", "docs/python-reference.md", "docs/python-tutorial.md",
        "docs/resources.md", "docs/security.md", "docs/ssh-cluster.md", "docs/targets.md", "docs/tour.md", "docs/values.md", *(f"docs/pictures/{path.name}" for path in (ROOT / "docs/pictures").iterdir()),
        "examples/bigsort.cc", "examples/hello.cc", "examples/loggrep.cc", "examples/pi.cc", "examples/sweep.cc",
        "examples/words.cc", "examples/programs/allnodes.py", "examples/programs/runset.py")}
    headers = {f"include/muster/{name}.h" for name in (
        "call_group", "command", "export", "map", "nodes", "outcome", "program", "session", "status", "transfer", "value",
        "value_as")}
    assert {re.sub(r"\.so\.\d.*", ".so.N", name) for name in files} == documents_there | headers | package | life | {provision,
        "bin/clusterd", "bin/clustershell", "bin/muster-nodeset",
        "libexec/muster/clusterd-spawner", "libexec/muster/clusterd-worker",
        "include/ClusterAPI.h",
        "lib/libClusterAPI.so", "lib/libClusterAPI.so.N",
        "lib/cmake/Muster/MusterConfig.cmake", "lib/cmake/Muster/MusterConfigVersion.cmake",
        "lib/cmake/Muster/MusterTargets.cmake", "lib/cmake/Muster/MusterTargets-release.cmake",
        "share/muster/modules/API/ClusterAPI.py",
        "share/man/man1/clusterd.1", "share/man/man1/clustershell.1", "share/man/man1/muster-nodeset.1",
        "lib/pkgconfig/clusterapi.pc", module}


@pytest.mark.parametrize("program", ["clusterd", "clustershell", "muster-nodeset"])
def test_the_manual_has_every_flag(prefix, program):
    page = (prefix / f"share/man/man1/{program}.1").read_text(encoding="utf-8").replace("\\-", "-")
    flags = set(re.findall(r"^ +(?:-\w,)?(--[\w-]+)", run(prefix / "bin" / program, "--help"), re.MULTILINE))
    assert len(flags) > 5 and all(flag in page for flag in flags)
    assert f"{program} - " in page and ".SH \"SEE ALSO\"" in page


def test_the_installed_programs_find_each_other(prefix):
    assert run(prefix / "bin/clustershell", "--local", "1", "-c", "py 1 6*7") == "n1: 42\n"


def test_a_program_outside_the_tree_builds_with_cmake(prefix, hello):
    run("cmake", "-S", hello, "-B", hello / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", hello / "build")
    assert run(hello / "build/hello") == "hello from n2\n2\n"


def test_with_cmake_a_program_needs_not_say_which_standard(prefix, hello):
    lists = (hello / "CMakeLists.txt").read_text(encoding="utf-8")
    assert "CMAKE_CXX_STANDARD" in lists
    (hello / "CMakeLists.txt").write_text(re.sub(r"set\(CMAKE_CXX_STANDARD.*\n", "", lists), encoding="utf-8")
    run("cmake", "-S", hello, "-B", hello / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", hello / "build")


def test_a_program_of_an_older_standard_is_told_which_one_is_needed(prefix, hello):
    result = subprocess.run(["g++", "-std=c++17", "-fsyntax-only", f"-I{prefix}/include", hello / "hello.cc"],
                            check=False, capture_output=True, text=True)
    assert result.returncode != 0
    first = next(line for line in result.stderr.splitlines() if "error" in line)
    assert "ClusterAPI.h needs C++20: compile with -std=c++20" in first


def test_a_program_needs_nothing_but_the_library_and_the_standard_library(prefix, hello):
    flags = run("pkg-config", "--cflags", "--libs", "clusterapi",
                PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"))
    run("sh", "-c", f"g++ -std=c++20 -Wall -Wextra -Wpedantic -Werror '{hello}/hello.cc' "
        f"-o '{hello}/hello' {flags.strip()} -Wl,-rpath,'{prefix}/lib'")
    assert run(hello / "hello") == "hello from n2\n2\n"
    needed = set(re.findall(r"NEEDED.*\[(.*?)\.so", run("readelf", "-dW", hello / "hello")))
    assert needed <= {"libClusterAPI", "libstdc++", "libgcc_s", "libc", "libm"}


def test_the_module_imports_from_its_installed_place(prefix):
    (package,) = prefix.rglob("dist-packages/ClusterAPI")
    assert run("/usr/bin/python3", "-B", "-c", "import ClusterAPI; print(ClusterAPI.__file__)",
               PYTHONPATH=str(package.parent)).strip() == str(package / "__init__.py")
    assert run("/usr/bin/python3", "-B", "-c", "import ClusterAPI\n"
               "with ClusterAPI.local(2) as cluster:\n    print(list(cluster.map(abs, [-1, -2])))",
               PYTHONPATH=str(package.parent)) == "[1, 2]\n"


def test_clusters_live_from_the_installed_place(prefix, tmp_path):
    (package,) = prefix.rglob("dist-packages/muster")
    with tempfile.TemporaryDirectory(prefix="mu-", dir="/tmp") as state:
        assert run("/usr/bin/python3", "-B", "-c", "import elasticluster\n"
                   "cluster = elasticluster.Cluster('lab', elasticluster.LocalCloudProvider())\n"
                   "cluster.add_nodes('compute', 2)\n"
                   "cluster.start()\n"
                   "with cluster.cluster() as nodes:\n    print(nodes.run(abs, -1))\n"
                   "cluster.stop()", PYTHONPATH=str(package.parent), XDG_STATE_HOME=state) == "{'compute001': 1, 'compute002': 1}\n"


def test_below_usr_everything_is_where_debian_expects_it(tmp_path):
    run("cmake", "-S", ROOT, "-B", tmp_path, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
        "-DCMAKE_INSTALL_PREFIX=/usr", "-DMUSTER_TESTS=OFF")
    script = (tmp_path / "cmake_install.cmake").read_text(encoding="utf-8")
    places = set(re.findall(r'DESTINATION "\$\{CMAKE_INSTALL_PREFIX\}/([^"]*)"', script))
    architecture = run("g++", "-print-multiarch").strip()
    assert {"bin", "libexec/muster", "include", f"lib/{architecture}", f"lib/{architecture}/pkgconfig",
            f"lib/{architecture}/cmake/Muster", "lib/python3/dist-packages/ClusterAPI",
            "lib/python3/dist-packages/muster", "lib/python3/dist-packages/elasticluster"} <= places


def test_programs_in_python_find_the_module_of_their_shell(prefix, tmp_path):
    folder = tmp_path / "muster/programs"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "greet.py").write_text(
        "commands = ['greet']\n\ndef greet(cmdline, cluster, logger):\n    \"\"\"greet NAME\"\"\"\n    print('hello', cmdline)\n")
    assert run(prefix / "bin/clustershell", "--local", "1", "-c", "greet you", XDG_DATA_HOME=str(tmp_path)) == "hello you\n"
