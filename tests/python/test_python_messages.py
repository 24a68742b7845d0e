"""What the module says to a caller who asked for what cannot be."""

import pathlib
import re

import pytest

OPTIONS = [
    ({"deadline": "5"}, TypeError, "the option deadline is '5' (str); it has to be a number of seconds above 0"),
    ({"deadline": True}, TypeError, "the option deadline is True (bool); it has to be a number of seconds above 0"),
    ({"deadline": 0}, ValueError, "the option deadline is 0; it has to be a number of seconds above 0"),
    ({"deadline": float("nan")}, ValueError, "the option deadline is nan; it has to be a number of seconds above 0"),
    ({"grace": -1}, ValueError, "the option grace is -1; it has to be a number of seconds, 0 or more"),
    ({"directory": 5}, TypeError, "the option directory is 5 (int); it has to be a path without NUL: a str, bytes or a "
                                  "pathlib.Path"),
    ({"directory": "a\0b"}, ValueError, "the option directory is 'a\\x00b'; it has to be a path without NUL"),
    ({"environment": 5}, TypeError, "the option environment is 5 (int); it has to be a dict of names and values, which "
                                    "are str or bytes"),
    ({"environment": ["A=5"]}, TypeError, "the option environment is ['A=5'] (list); it has to be a dict"),
    ({"environment": {"A": 5}}, TypeError, "the option environment['A'] is 5 (int); it has to be a str, or bytes"),
    ({"environment": {5: "A"}}, TypeError, "the option environment is 5 (int); it has to be a dict of names"),
    ({"input": 5}, TypeError, "the option input is 5 (int); it has to be a str, or bytes"),
    ({"input": ["x" * 10_000]}, TypeError, "] (list); it has to be a str, or bytes"),
    ({"session": 5}, TypeError, "the option session is 5 (int); it has to be a str"),
    ({"retries": -1}, ValueError, "the option retries is -1; it has to be a number from 0 to 100"),
    ({"retries": 2 ** 80}, ValueError, "; it has to be a number from 0 to 100"),
    ({"retries": 1.5}, TypeError, "the option retries is 1.5 (float); it has to be a number from 0 to 100"),
    ({"idempotent": 1}, TypeError, "the option idempotent is 1 (int); it has to be True or False"),
    ({"isolation": 5}, TypeError, 'the option isolation is 5 (int); it has to be "worker" or "fresh"'),
    ({"isolation": "x"}, ValueError, 'the option isolation is \'x\'; it has to be "worker" or "fresh"'),
    ({"leftovers": "x"}, ValueError, 'the option leftovers is \'x\'; it has to be "own_session", "reap" or "keep"'),
    ({"cpu": "1s"}, TypeError, "the option cpu is '1s' (str); it has to be a number of seconds above 0"),
    ({"cpu": 0}, ValueError, "the option cpu is 0; it has to be a number of seconds above 0"),
    ({"memory": "1G"}, TypeError, "the option memory is '1G' (str); it has to be a number of bytes, 1 or more"),
    ({"memory": 1.5}, TypeError, "the option memory is 1.5 (float); it has to be a number of bytes, 1 or more"),
    ({"memory": -1}, ValueError, "the option memory is -1; it has to be a number of bytes, 1 or more"),
    ({"memory": 0}, ValueError, "the option memory is 0; it has to be a number of bytes, 1 or more"),
    ({"memory": 2 ** 70}, ValueError, "; it has to be a number of bytes, 1 or more, and below 2**64"),
    ({"processes": 0}, ValueError, "the option processes is 0; it has to be a number of processes, 1 or more"),
    ({"file_size": -1}, ValueError, "the option file_size is -1; it has to be a number of bytes, 0 or more"),
    ({"open_files": True}, TypeError, "the option open_files is True (bool); it has to be a number of descriptors"),
    ({"output": None, "outputs": 5}, TypeError, "there is no option outputs; the options are cpu, deadline"),
]


@pytest.mark.parametrize("options, kind, text", OPTIONS, ids=[str(row[0])[:40] for row in OPTIONS])
def test_an_option_that_cannot_be_is_named_with_what_it_may_be(nodes, options, kind, text):
    with pytest.raises(kind, match=re.escape(text)) as caught:
        nodes.on(**options)
    assert type(caught.value) is kind and len(str(caught.value)) < 300
    if "outputs" not in options:
        with pytest.raises(kind, match=re.escape(text)):
            nodes.shell("true", **options)


def test_options_may_be_whatever_python_takes_for_them(nodes):
    numpy = pytest.importorskip("numpy")
    view = nodes.on("n1", deadline=numpy.float64(30), grace=numpy.int64(1), file_size=numpy.int32(1 << 20),
                    directory=pathlib.Path("/"), environment={"A": b"5", "B": "\u00e4"}, input=bytearray(b"x"))
    outcome, = [future.result() for future in view.shell("read x; test $PWD$A$B$x = /5\u00e4x")]
    assert outcome.ok, outcome.describe()
    assert nodes.on("n1", deadline=float("inf")).submit(abs, -1).result() == 1


FILES = [
    ({"deadline": "5"}, TypeError, "the option deadline is '5' (str); it has to be a number of seconds above 0"),
    ({"durable": 1}, TypeError, "the option durable is 1 (int); it has to be True or False"),
    ({"max_files": -1}, ValueError, "the option max_files is -1; it has to be a number of files, 0 or more"),
    ({"memory": 1}, TypeError, "there is no option memory; the options are deadline, directory, durable"),
]


@pytest.mark.parametrize("options, kind, text", FILES, ids=[str(row[0]) for row in FILES])
def test_options_of_files_are_named_too(nodes, tmp_path, options, kind, text):
    with pytest.raises(kind, match=re.escape(text)):
        nodes.get("/etc/hostname", tmp_path, **options)


SESSIONS = [
    ("9 bad", "n1", "Refused", "n1: refused: '9 bad' is no name of a session; a name is a letter and up to 63 letters"),
    ("a" * 65, "n1", "Refused", "is no name of a session"),
    ("", "n9", "Refused", "refused: target 'n9': 'n9' names no node; valid here: 1-3"),
    ("named", "n9", "Refused", "refused: target 'n9': 'n9' names no node; valid here: 1-3"),
    ("", 7, "Refused", "refused: there is no server 7"),
    ("", "n[1-2]", "ValueError", "a session is on one node, and 'n[1-2]' means n1, n2"),
    (5, "n1", "TypeError", "the name of a session has to be a str, and not a int"),
]


@pytest.mark.parametrize("name, target, kind, text", SESSIONS, ids=[f"{row[0]}-{row[1]}"[:20] for row in SESSIONS])
def test_a_session_that_cannot_be_is_refused_when_it_is_made(api, nodes, name, target, kind, text):
    with pytest.raises(Exception, match=re.escape(text)) as caught:
        nodes.session(name, target=target)
    assert type(caught.value).__name__ == kind
    if kind == "Refused":
        assert caught.value.kind == "refused"


def test_a_session_of_a_node_that_is_gone_is_unreachable(api, cluster):
    with api.connect(configuration=cluster.configuration) as three:
        session = three.session(target="n2")
        cluster.daemons[1].kill()
        cluster.daemons[1].wait()
        with pytest.raises(api.NodeUnreachable) as caught:
            three.session(target="n2")
        assert caught.value.node == "n2" and caught.value.kind == "unreachable"
        with pytest.raises(api.NodeUnreachable):
            session.close()


def test_a_target_that_names_no_node_is_refused_everywhere_alike(api, nodes):
    for ask in (lambda: nodes.on("n9").nodes(), lambda: nodes.on("n9").submit(abs, 1), lambda: nodes.on("n9").run(abs, 1),
                lambda: list(nodes.on("n9").map(abs, [1])), lambda: nodes.python("1", targets="n9")[0].result()):
        with pytest.raises(api.Refused, match="'n9' names no node"):
            ask()


def test_a_value_that_does_not_cross_is_an_error_that_shows_it(nodes):
    with pytest.raises(TypeError, match=r"n1: the value \{1\} is no plain value.*repr\(\)") as caught:
        nodes.python("{1}", targets="n1")[0].result()
    assert (caught.value.text, caught.value.node) == ("{1}", "n1")
    with nodes.session() as session:
        with pytest.raises(TypeError, match="no plain value") as caught:
            session.run("x = 5; {i for i in range(1000)}")
        assert caught.value.text == str(set(range(1000))) and len(str(caught.value)) < 300
        assert session.run("x") == 5
        assert session.run("repr({x})") == "{5}"
        assert session.run("x = 6") is None


RESULTS = [
    ("{1}", "the result is a builtins.set, which is no plain value; cluster.on(trust_results=True)"),
    ("[1, {'a': (2, {3})}]", "the result is a builtins.list with a builtins.set at [1]['a'][1], which is no plain value"),
    ("{None: [object()]}", "the result is a builtins.dict with a builtins.object at [None][0]"),
    ("{frozenset(): 1}", "the result is a builtins.dict with a builtins.frozenset among the keys of it"),
    ("(1, Thing())", "the result is a builtins.tuple with a __main__.Thing at [1]"),
    ("loop", "the result is a builtins.list that is too deep, or holds itself"),
]


@pytest.mark.parametrize("source, text", RESULTS, ids=[row[0] for row in RESULTS])
def test_a_result_that_does_not_cross_names_what_is_wrong_and_where(nodes, source, text):
    def make(source=source):
        loop = []
        loop.append(loop)
        thing = type("Thing", (), {"__module__": "__main__"})
        return eval(source, {"loop": loop, "Thing": thing})

    with pytest.raises(TypeError, match=re.escape(text)):
        nodes.submit(make).result()


CALLS = [
    (lambda api, nodes: api.local("3"), TypeError, "nodes is '3' (str); it has to be a number from 1 to 512"),
    (lambda api, nodes: api.local(2.5), TypeError, "nodes is 2.5 (float); it has to be a number from 1 to 512"),
    (lambda api, nodes: api.local(0), ValueError, "nodes is 0; it has to be a number from 1 to 512"),
    (lambda api, nodes: api.local(1, workers="x"), TypeError, "workers is 'x' (str); it has to be a number from 0 to"),
    (lambda api, nodes: api.local(1, workers=-1), ValueError, "workers is -1; it has to be a number from 0 to"),
    (lambda api, nodes: api.connect(5), TypeError, "the name of a cluster has to be a str, and not a int"),
    (lambda api, nodes: api.connect(configuration=5), TypeError, "expected str, bytes or os.PathLike object, not int"),
    (lambda api, nodes: nodes.check("x"), TypeError, "timeout is 'x' (str); it has to be a number of seconds"),
    (lambda api, nodes: nodes.argv(["true", 5]), TypeError, "a word of argv has to be a str, or bytes, and not a int"),
]


@pytest.mark.parametrize("call, kind, text", CALLS, ids=[row[2][:24] for row in CALLS])
def test_arguments_of_the_wrong_kind_are_named_in_our_words(api, nodes, call, kind, text):
    with pytest.raises(kind, match=re.escape(text)) as caught:
        call(api, nodes)
    assert "incompatible" not in str(caught.value) and "arg0" not in str(caught.value)
