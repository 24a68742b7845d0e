"""What hook modules find in slurm_gcp_plugins and muster.hooks."""

import types

import pytest
from slurm_gcp_plugins import _context, utils
from slurm_gcp_plugins._lookup import Lookup, Node

from muster import hooks


def lookup(settings=None, **request):
    return Lookup({"cfg": {"enable_slurm_gcp_plugins": {"hops": settings}}, "request": request}, [])


@pytest.mark.parametrize("job, settings, request_of_run, value", [
    ("hops.max=1&other.max=9", {"max": 2}, {"hops.max": "4"}, 1),  # what the request says of itself
    (None, {"max": 2}, {"hops.max": "4"}, 4),  # else this run
    ("other.max=9", {"max": 2}, {}, 2),  # else the configuration
    ("", None, {}, 3),  # else the default
    ("", {}, {}, 3),
    ("hops.max", {"max": 2}, {}, None),  # named without a value
    (["hops.max=5"], {"max": 2}, {}, 5),
    ({"hops.max": 6}, {"max": 2}, {}, 6),
    ({"features": "hops.max=7"}, {"max": 2}, {}, 7),
    (None, {"max": "8"}, {}, 8),  # a text of an INI file, in the type of the default
])
def test_a_setting_comes_from_the_request_else_the_configuration_else_the_default(job, settings, request_of_run, value):
    assert utils.get_plugin_setting(plugin="hops", setting="max", lkp=lookup(settings, **request_of_run), job=job,
                                    default=3) == value


@pytest.mark.parametrize("switch", [True, ["hops"], "hops", None, {}])
def test_other_shapes_of_the_switch_have_no_settings(switch):
    lkp = types.SimpleNamespace(cfg={"enable_slurm_gcp_plugins": switch})
    assert utils.get_plugin_setting("hops", "max", lkp, None, 3) == 3
    assert utils.get_plugin_setting("hops", "max", lkp, None) is None


@pytest.mark.parametrize("text, model, value", [("7", 1, 7), ("0.5", 1.0, 0.5), ("no", True, False), ("on", False, True),
                                                ("x", "y", "x"), ("x", None, "x"), (7, "y", 7)])
def test_a_text_is_given_the_type_of_the_default(text, model, value):
    assert utils.as_type_of(text, model) == value and type(utils.as_type_of(text, model)) is type(value)


def test_a_text_that_has_not_the_type_of_the_default_is_an_error():
    with pytest.raises(ValueError):
        utils.as_type_of("many", 3)
    with pytest.raises(ValueError, match="neither true nor false"):
        utils.as_type_of("perhaps", True)


def test_setting_is_that_of_the_hook_that_runs():
    assert hooks.setting("max", 3) == 3  # outside a hook
    _context.enter("hops", lookup({"max": 2}))
    try:
        assert hooks.setting("max", 3) == 2 and hooks.setting("min", 1) == 1 and hooks.setting("max", 3, "hops.max=9") == 9
    finally:
        _context.enter(None, None)


def test_a_node_is_its_name_and_knows_more():
    node = Node({"name": "n1", "kind": "compute", "address": "unix:/x"})
    assert node == "n1" and "node: " + node == "node: n1" and {node: 1}["n1"] == 1
    assert node["kind"] == node.kind == node.get("kind") == "compute" and node[0] == "n"
    assert node.get("color", "red") == "red"
    with pytest.raises(AttributeError, match="a node has no 'color'"):
        node.color
    lkp = Lookup({"cfg": {"project": "p", "slurm_cluster_name": "lab", "a": {"b": 1}}}, [node])
    assert (lkp.project, lkp.cluster, lkp.cfg.a.b, lkp.cfg.missing) == ("p", "lab", 1, None)
    assert lkp.instance("n1")["kind"] == "compute" and lkp.instance("n2") is None and list(lkp.instances()) == ["n1"]


def test_abort_is_one_class_by_both_names():
    with pytest.raises(hooks.Abort, match="no"):
        from slurm_gcp_plugins._abort import Abort
        raise Abort("no")
