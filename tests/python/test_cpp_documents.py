"""The C++ of the documents compiles against the installed library, and prints what they say."""

import os
import pathlib
import re
import subprocess
import tempfile

import cpp_documents
import documents
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["MUSTER_BIN_DIR"]).parent
PAGES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
         for folder in (ROOT, ROOT / "docs") for path in sorted(folder.glob("*.md"))}
SNIPPETS = [snippet for page, text in PAGES.items() for snippet in cpp_documents.snippets(page, text)]
PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(pages CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(Muster REQUIRED)
add_compile_options(-Wall -Wextra -Wpedantic -Werror)
foreach(page {pages})
  add_executable(${{page}} ${{page}}.cc)
  target_link_libraries(${{page}} Muster::ClusterAPI)
endforeach()
"""


def run(*command, folder=None, home="/nonexistent", timeout=300):
    # What is installed has to find itself, and no configuration of the caller's.
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith(("MUSTER_", "XDG_")) and name != "PYTHONPATH"}
    return subprocess.run([str(word) for word in command], cwd=folder, env=clean | {"HOME": str(home)},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=timeout, check=False)


def name_of(page):
    return pathlib.Path(page).stem.replace("-", "_")


def build(folder, pages):
    """A program for each page; the output of the compiler when that does not work."""
    done = run("cmake", "--install", BUILD, "--prefix", folder / "muster")
    assert done.returncode == 0, done.stdout
    (folder / "CMakeLists.txt").write_text(PROJECT.format(pages=" ".join(map(name_of, pages))))
    for page, text in pages.items():
        (folder / f"{name_of(page)}.cc").write_text(cpp_documents.program(page, text), encoding="utf-8")
    for step in ([f"-DCMAKE_PREFIX_PATH={folder}/muster", "-S", folder, "-B", folder / "build"],
                 ["--build", folder / "build", "-j2"]):
        done = run("cmake", *step)
        if done.returncode != 0:
            return done.stdout
    return ""


@pytest.fixture(name="programs", scope="module")
def fixture_programs():
    with tempfile.TemporaryDirectory(prefix="muster-cpp-") as folder:
        pages = {snippet.page: PAGES[snippet.page] for snippet in SNIPPETS}
        complaint = build(pathlib.Path(folder), pages)
        assert not complaint, complaint
        yield pathlib.Path(folder) / "build"


def try_snippet(snippet, program):
    with tempfile.TemporaryDirectory(prefix="muster-home-") as home:
        done = run(program, snippet.block.line, folder=home, home=home, timeout=120)
    cpp_documents.judge(snippet, done.returncode, done.stdout)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_every_snippet_prints_what_its_document_says(programs, snippet):
    try_snippet(snippet, programs / name_of(snippet.page))


FUNCTION = re.compile(
    r"^(?:  |MUSTER_EXPORT )(?:static |explicit )*[A-Za-z][\w:<>, ]*[&*>\w] [&*]?([a-z]\w*)\(", re.MULTILINE)
TYPE = re.compile(r"^ *(?:class|struct|enum class) (?:\[\[nodiscard\]\] )?(?:MUSTER_EXPORT )?([A-Z]\w+)\b[^;]*{",
                  re.MULTILINE)


def test_the_reference_names_every_public_function_and_type():
    text = ""
    for header in [ROOT / "client/ClusterAPI.h", *(ROOT / "client/muster").glob("*.h")]:
        code = re.sub(r"//.*", "", header.read_text(encoding="utf-8"))
        text += re.sub(r"^ private:.*?^};", "};", code, flags=re.MULTILINE | re.DOTALL)
    names = set(FUNCTION.findall(text)) | set(TYPE.findall(text))
    assert {"connect", "quorum", "as_array", "Usage", "fold"} <= names
    missing = [name for name in sorted(names - {"begin", "end", "bool", "left"})
               if not re.search(rf"\b{name}\b", PAGES["docs/cpp-reference.md"])]
    assert not missing, f"docs/cpp-reference.md does not name {missing}"


FRAME = ("```cpp frame\n#include <ClusterAPI.h>\n#include <iostream>\n\nint main() {\n"
         "  auto cluster = muster::ClusterAPI::local(1);\n  if (!cluster.ok()) return 4;\n"
         "  // the snippet\n}\n```\n")
WHOLE = '```cpp\n#include <cstdio>\nint main(int argc, char**) {\n  std::printf("%d\\n", argc);\n}\n```\n'
ASKS = "```cpp\nstd::cout << cluster->execute(1, %s).wait().describe();\n```\n"


@pytest.fixture(name="page_of", scope="module")
def fixture_page_of():
    """A page with good and bad snippets, as its program."""
    text = FRAME + "".join([
        ASKS % '"1"' + "```text\nok\n```\n",
        WHOLE + "```text\n1\n```\n",
        ASKS % '"1"' + "```text\nfailed\n```\n",
        ASKS % '"1"',
        "```cpp\nreturn 3;\n```\n",
        "```cpp fails\nreturn 3;\n```\n",
        "```cpp fails\nreturn 0;\n```\n"])
    with tempfile.TemporaryDirectory(prefix="muster-cpp-") as folder:
        complaint = build(pathlib.Path(folder), {"page.md": text})
        assert not complaint, complaint
        yield cpp_documents.snippets("page.md", text), pathlib.Path(folder) / "build/page"


@pytest.mark.parametrize("place,is_good", enumerate([True, True, False, False, False, True, False]))
def test_a_wrong_snippet_fails_and_a_right_one_does_not(page_of, place, is_good):
    snippets, program = page_of
    if is_good:
        try_snippet(snippets[place], program)
    else:
        with pytest.raises(documents.DocumentError):
            try_snippet(snippets[place], program)


def test_a_snippet_that_does_not_compile_is_told_with_its_line(tmp_path):
    complaint = build(tmp_path, {"page.md": FRAME + "```cpp\ncluster->exceute(1, 2);\n```\n"})
    assert "page.md:12:" in complaint and "exceute" in complaint, complaint


@pytest.mark.parametrize("text", [ASKS, FRAME.replace("the snippet", "here") + ASKS, FRAME + FRAME + ASKS])
def test_a_snippet_without_a_frame_fails(text):
    with pytest.raises(documents.DocumentError):
        cpp_documents.program("page.md", text)
