"""scripts/quickstart, scripts/test and scripts/bench, with apt-get, cmake and the rest played by small scripts."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What stands in for the programs of the machine: each notes how it was called.
PLAYED = {
    "id": 'echo "${FAKE_UID:-0}"',
    "dpkg-query": 'shift 3; for p; do case " $FAKE_MISSING " in *" $p "*) ;; *) echo "installed $p" ;; esac; done',
    "apt-cache": '[ -n "$FAKE_NO_LISTS" ] || echo "  Candidate: 1.0"',
    "apt-get": 'echo "apt-get ${DEBIAN_FRONTEND:-?} $*" >>"$CALLS"\n'
               'case "$*" in *install*) n=$(grep -c install "$CALLS"); [ "$n" -gt "${FAKE_FAILURES:-0}" ] ;; esac',
    "sudo": '[ -n "$FAKE_SUDO" ] || exit 1; [ "$1" = -n ] && exit 0; echo "sudo" >>"$CALLS"; exec "$@"',
    "cmake": 'echo "cmake $*" >>"$CALLS"; [ -z "$FAKE_BAD_CMAKE" ] || { echo "CMake is unhappy"; exit 1; }\n'
             'case $1 in --preset) mkdir -p "build/$2/bin"; '
             'cp "$CLUSTERSHELL" "build/$2/bin/clustershell" ;; esac',
    "ctest": 'echo "ctest $*" >>"$CALLS"; echo "100% tests passed, 0 tests failed out of 1"',
    "clustershell": 'echo "clustershell $*" >>"$CALLS"; echo "    3 the"; exit "${FAKE_COUNT_CODE:-0}"',
}


class Machine:
    def __init__(self, folder):
        # 150 characters long, with a space.
        self.tree = folder / ("a long path " + "x" * max(0, 150 - len(str(folder)) - 13))
        shutil.copytree(ROOT / "scripts", self.tree / "scripts")
        self.calls_file = folder / "calls"
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name, script in PLAYED.items():
            (self.programs / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (self.programs / name).chmod(0o755)

    def run(self, script, *arguments, **fakes):
        self.calls_file.write_text("", encoding="utf-8")
        environment = {
            "PATH": f"{self.programs}:/usr/bin:/bin", "HOME": str(self.tree.parent),
            "CALLS": str(self.calls_file), "CLUSTERSHELL": str(self.programs / "clustershell")}
        environment |= {"FAKE_" + name.upper(): str(value) for name, value in fakes.items()}
        return subprocess.run([str(self.tree / "scripts" / script), *arguments], cwd="/",
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              check=False, text=True)

    def calls(self, program):
        lines = self.calls_file.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.split()[0] == program]


@pytest.fixture(name="machine")
def fixture_machine(tmp_path):
    return Machine(tmp_path)


def test_quickstart_names_its_steps_and_says_what_to_type_next(machine):
    for _ in range(2):
        result = machine.run("quickstart")
        assert result.returncode == 0, result.stderr
        assert re.findall(r"^\[\d/\d\]", result.stdout, re.MULTILINE) == ["[1/4]", "[2/4]", "[3/4]", "[4/4]"]
        assert "    3 the\n" in result.stdout
        assert re.search(r"ended in \d+\.\d{3} s", result.stdout)
        assert "build/release/quickstart.log" in result.stdout
        assert "--shell" in result.stdout[result.stdout.index("Next:"):]
        assert machine.calls("apt-get") == []
        assert machine.calls("clustershell") == ["clustershell --local 3 -c run wordcount"]
        assert sorted(os.listdir(machine.tree)) == ["build", "scripts"]


def test_quickstart_can_end_in_a_prompt(machine):
    assert machine.run("quickstart", "--shell").returncode == 0
    assert machine.calls("clustershell") == ["clustershell --local 3"]


@pytest.mark.parametrize("script", ["quickstart", "test", "bench"])
def test_a_wrong_option_does_nothing_and_gives_2(machine, script):
    result = machine.run(script, "--sell")
    assert result.returncode == 2
    assert "--sell" in result.stderr and "Usage:" in result.stderr
    assert not (machine.tree / "build").exists()
    help_text = machine.run(script, "--help")
    assert help_text.returncode == 0 and "Usage:" in help_text.stdout


def test_missing_packages_take_one_call(machine):
    assert machine.run("quickstart", missing="cmake libgrpc++-dev").returncode == 0
    (call,) = machine.calls("apt-get")
    assert call.startswith("apt-get noninteractive ")
    assert call.endswith(" install -y --no-install-recommends cmake libgrpc++-dev")


def test_package_lists_are_fetched_when_there_are_none(machine):
    assert machine.run("quickstart", missing="cmake", no_lists=1).returncode == 0
    update, install = machine.calls("apt-get")
    assert update.endswith(" update") and install.endswith(" cmake")


def test_old_package_lists_are_fetched_again(machine):
    assert machine.run("quickstart", missing="cmake", failures=1).returncode == 0
    assert [call.split()[-1] for call in machine.calls("apt-get")] == ["cmake", "update", "cmake"]


def test_packages_that_cannot_be_installed_end_it_with_the_line_to_type(machine):
    result = machine.run("quickstart", missing="cmake", failures=2)
    assert result.returncode == 1
    assert "apt-get install -y --no-install-recommends cmake" in result.stderr
    assert machine.calls("cmake") == []


@pytest.mark.parametrize("script", ["quickstart", "test", "bench"])
def test_without_root_or_sudo_the_one_line_for_an_administrator_is_printed(machine, script):
    result = machine.run(script, uid=1000, missing="cmake")
    assert result.returncode == 1
    assert "\napt-get update && apt-get install -y --no-install-recommends cmake\n" in result.stderr
    assert machine.calls("apt-get") == [] and machine.calls("cmake") == []


def test_without_root_but_with_sudo_it_is_used(machine):
    assert machine.run("quickstart", uid=1000, sudo=1, missing="cmake").returncode == 0
    assert len(machine.calls("sudo")) == 1 and len(machine.calls("apt-get")) == 1


def test_without_root_and_with_all_packages_nobody_is_asked(machine):
    assert machine.run("quickstart", uid=1000).returncode == 0


@pytest.mark.parametrize("cache", [
    "CMAKE_HOME_DIRECTORY:INTERNAL=/somewhere/else\n",
    "CMAKE_HOME_DIRECTORY:INTERNAL={tree}\nCMAKE_CXX_COMPILER:FILEPATH=/opt/other/c++\n",
])
def test_a_build_folder_from_elsewhere_is_made_anew(machine, cache):
    old = machine.tree / "build/release"
    old.mkdir(parents=True)
    (old / "CMakeCache.txt").write_text(cache.format(tree=machine.tree), encoding="utf-8")
    (old / "old.o").write_text("", encoding="utf-8")
    result = machine.run("quickstart")
    assert result.returncode == 0 and "afresh" in result.stdout
    assert not (old / "old.o").exists()


def test_a_build_folder_of_its_own_is_kept(machine):
    old = machine.tree / "build/release"
    old.mkdir(parents=True)
    (old / "CMakeCache.txt").write_text(
        f"CMAKE_HOME_DIRECTORY:INTERNAL={machine.tree}\nCMAKE_CXX_COMPILER:FILEPATH={shutil.which('c++', path='/usr/bin')}\n",
        encoding="utf-8")
    (old / "old.o").write_text("", encoding="utf-8")
    assert machine.run("quickstart").returncode == 0
    assert (old / "old.o").exists()


def test_a_failure_shows_the_end_of_the_log_and_names_it(machine):
    result = machine.run("quickstart", bad_cmake=1)
    assert result.returncode == 1
    assert "CMake is unhappy" in result.stderr
    assert f"{machine.tree}/build/release/quickstart.log" in result.stderr


def test_a_word_count_that_fails_is_a_failure(machine):
    result = machine.run("quickstart", count_code=4)
    assert result.returncode == 1 and "code 4" in result.stderr


def test_the_tests_run_through_ctest_and_end_with_its_words(machine):
    result = machine.run("test", "--preset", "asan", "-R", "lint")
    assert result.returncode == 0, result.stderr
    (call,) = machine.calls("ctest")
    assert "--test-dir build/asan --output-on-failure" in call and call.endswith("-R lint")
    assert result.stdout.splitlines()[-1].startswith("100% tests passed")


def test_the_bench_builds_and_then_measures_with_only_json_on_stdout(machine):
    measure = machine.tree / "bench/bench.py"
    measure.parent.mkdir()
    measure.write_text("import sys\nprint(' '.join(sys.argv[1:]))\n", encoding="utf-8")
    result = machine.run("bench", "--quick", "--row", "W1", "--row", "W3", "--json")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "--quick --row W1 --row W3 --json\n"
    assert machine.calls("cmake")[-1] == "cmake --build build/release --target bench"
    assert "[4/4]" in result.stderr
    assert machine.run("bench").stdout.startswith("Muster bench in ")


@pytest.mark.parametrize("words", [("--row", "W9"), ("--row",), ("--rounds", "0"), ("--rounds", "x")])
def test_the_bench_takes_rows_and_rounds_that_there_are(machine, words):
    result = machine.run("bench", *words)
    assert result.returncode == 2 and words[0] in result.stderr
