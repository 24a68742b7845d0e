"""How clusters, checks, results, futures and outcomes look, and that no node puts markup into a notebook."""

import copy
import html.parser
import json
import pickle
import time

import pytest
from conftest import SLACK

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&\x1b[2J\u202e"


class Reader(html.parser.HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert {name for name, _ in attrs} <= {"style"}, attrs

    def handle_data(self, data):
        self.text += data


def is_harmless(page):
    reader = Reader(page)
    assert set(reader.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "p", "pre"}
    assert reader.text.replace("\n", "").isprintable()
    page.encode("utf-8")
    return reader.text


def test_clusters_and_views_tell_their_nodes(api, nodes):
    assert repr(nodes) == "<Cluster of 3 nodes: n[1-3]>"
    assert repr(nodes.on("n[1,3]", deadline=5)) == "<View of 2 nodes: n[1,3]; deadline=5>"
    assert repr(nodes.on(1)) == "<View of 1 node: n1>"
    assert repr(nodes.on(["n2", 3], trust_results=True)) == "<View of 2 nodes: n[2-3]; trust_results=True>"
    assert repr(nodes.on("n9")) == "<View of 'n9'>"
    secret = nodes.on(1, environment={"PASSWORD": "hidden"}, input=b"hidden")
    assert repr(secret) == "<View of 1 node: n1; environment=\u2026; input=\u2026>"
    text = is_harmless(nodes._repr_html_())
    assert "n3" in text and "unix:" in text
    with api.local(1) as other:
        pass
    assert repr(other) == "<Cluster, closed>" and is_harmless(other._repr_html_())


def test_a_view_that_would_have_to_ask_its_nodes_does_not(api, cluster):
    for daemon in cluster.daemons:
        daemon.kill()
        daemon.wait()
    with api.connect(configuration=cluster.configuration) as dead:
        begin = time.monotonic()
        assert repr(dead.on("state=running")) == "<View of 'state=running'>"
        assert repr(dead) == "<Cluster of 3 nodes: n[1-3]>"
        assert is_harmless(dead.on("state=running")._repr_html_())
        assert time.monotonic() - begin < 0.5 * SLACK


def test_checks_tell_who_is_not_functional(api, cluster, nodes):
    assert repr(nodes.check()) == "<ClusterCheck 3 of 3 functional>"
    assert repr(nodes.check()[0]) == "<NodeCheck n1: ok>"
    cluster.daemons[1].kill()
    cluster.daemons[1].wait()
    with api.connect(configuration=cluster.configuration) as three:
        check = three.check()
        assert repr(check).startswith("<ClusterCheck 2 of 3 functional; n2: down: ")
        assert repr(check[1]).startswith("<NodeCheck n2: down: cannot reach n2")
        text = is_harmless(check._repr_html_())
        assert "n2down: " in text and "0.1.0" in text
        assert is_harmless(check[1]._repr_html_())
        assert json.loads(json.dumps(check))[1]["functional"] is False


def test_results_of_run_are_a_dict_and_a_table(nodes):
    results = nodes.run(abs, -2)
    assert results == {"n1": 2, "n2": 2, "n3": 2} and isinstance(results, dict)
    assert repr(results) == "{'n1': 2, 'n2': 2, 'n3': 2}"
    assert json.dumps(results) == '{"n1": 2, "n2": 2, "n3": 2}'
    assert pickle.loads(pickle.dumps(results)) == results == copy.deepcopy(results) == {**results}
    assert results | {"n4": 1} == {"n1": 2, "n2": 2, "n3": 2, "n4": 1}
    assert Reader(results._repr_html_()).tags.count("tr") == 4


def test_futures_and_outcomes_tell_how_they_ended(api, nodes):
    future = nodes.on(2).submit(time.sleep, 1234)
    assert repr(future) == "<Future on n2, running>"
    future.cancel(grace=0)
    assert repr(future) == "<Future on n2, cancelled>"
    failed = nodes.on(1).submit(lambda: 1 / 0)
    assert isinstance(failed.exception(), ZeroDivisionError)
    assert repr(failed) == "<Future on n1, failed: ZeroDivisionError: division by zero>"
    done = nodes.on(1).submit(abs, -5)
    done.result()
    assert repr(done) == "<Future on n1, done: 5>" and "done: 5" in is_harmless(done._repr_html_())
    outcome = nodes.shell("exit 3", targets=3)[0].result()
    assert repr(outcome) == "<Outcome n3: failed: exit code 3>"
    assert "failed: exit code 3" in is_harmless(outcome._repr_html_())
    assert type(outcome) is api.Outcome and api.Outcome.__module__ == "ClusterAPI"


def test_what_a_node_sends_is_text_and_never_markup(api, nodes):
    def lie(text=HOSTILE):
        return text

    def fail(text=HOSTILE):
        raise ValueError(text)

    results = nodes.run(lie)
    assert results["n1"] == HOSTILE
    future = nodes.on(1).submit(lie)
    failed = nodes.on(1).submit(fail)
    future.result(), failed.exception()
    outcome = nodes.shell("exit 1", targets=1)[0].result()
    python = nodes.python(f"raise ValueError({HOSTILE!r})", targets=1)[0].exception()
    assert "<script>" in python.traceback
    for thing in (results, future, failed, outcome):
        is_harmless(thing._repr_html_())
    assert "&lt;script&gt;" in results._repr_html_() and "&lt;img" in failed._repr_html_()
    facts = {"name": HOSTILE, "functional": False, "state": HOSTILE, "reason": HOSTILE, "version": HOSTILE,
             "python": HOSTILE, "cores": 1, "memory": 1, "load": 0.5, "running": 0}
    check = api.ClusterCheck([api.NodeCheck(facts)])
    assert "alert" in is_harmless(check._repr_html_())
    assert repr(check).isprintable() and repr(check[0]).isprintable() and repr(failed).isprintable()


def test_the_traceback_of_an_outcome_is_text(api, nodes):
    class Told:
        """As a node would: its outcome, with the traceback that it chose."""
        node, usage = "n1", dict.fromkeys(("wall", "cpu", "peak_memory", "stdout_bytes", "stderr_bytes"), 0)
        exception = ("E", HOSTILE, f"Traceback\n  {HOSTILE}\n</pre>{HOSTILE}", 1)

        @staticmethod
        def describe():
            return HOSTILE

    assert "Traceback" in is_harmless(api.Outcome._repr_html_(Told()))


@pytest.mark.parametrize("value", ["x" * 10 ** 7, 10 ** 100_000, list(range(10 ** 6)), b"\0" * 10 ** 6, "\ud800"],
                         ids=["text", "number", "list", "bytes", "surrogate"])
def test_large_values_are_short_in_a_table(nodes, value):
    import ClusterAPI._display as display
    page = display.Results(n1=value)._repr_html_()
    assert len(page) < 4000
    is_harmless(page)


def test_a_value_whose_repr_fails_does_not_hide_the_others():
    import ClusterAPI._display as display

    class Bad:
        def __repr__(self):
            raise RuntimeError

    assert "5" in is_harmless(display.Results(n1=Bad(), n2=5)._repr_html_())


def test_many_nodes_are_cut(nodes):
    import ClusterAPI._display as display
    page = display.Results((f"n{i}", i) for i in range(5000))._repr_html_()
    assert "4800 more" in page and len(page) < 100_000


@pytest.mark.parametrize("names, folded", [
    (["n1", "n2", "n3", "n7"], "n[1-3,7]"), (["a"], "a"), (["b", "a"], "b, a"), (["n9", "n10"], "n[9-10]"),
    (["n09", "n10", "n11"], "n[09-11]"), (["n1", "x3", "n2"], "n[1-2], x3"), (["7"], "7"), ([], "")])
def test_names_are_folded(names, folded):
    import ClusterAPI._display as display
    assert display.fold(names) == folded
