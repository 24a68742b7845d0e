"""Hooks at the prompt: each is called once, with all that it is promised, and what it changes counts."""

import json
import textwrap

import pytest
from test_clusters import configure, fixture_lab, good  # noqa: F401 (the fixture)

RECORDER = """
import json

def write(event, keyword_args):
    keyword_args = dict(keyword_args)
    lkp = keyword_args.pop("lkp")
    keyword_args["cfg"] = dict(lkp.cfg)
    keyword_args["instances"] = lkp.instances()
    with open({calls!r}, "a") as file:
        print(json.dumps([event, keyword_args]), file=file)
"""

SITES = ("pre_instance_bulk_insert", "pre_placement_group_insert", "post_main_resume_nodes", "pre_main_suspend_nodes",
         "register_instance_information_fields", "pre_execute", "post_execute")


def hook(lab, name, text):
    path = lab.folder / "config" / "muster" / "hooks" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    path.chmod(0o600)
    return path


def record(lab, name="recorder", before=""):
    """A hook that writes down each call, with all of its arguments."""
    functions = "".join(f"\ndef {site}(*pos_args, **keyword_args):\n    assert pos_args == ()\n    write({site!r}, keyword_args)\n"
                        for site in SITES)
    hook(lab, name, before + RECORDER.format(calls=str(lab.folder / "calls")) + functions)


def calls(lab):
    path = lab.folder / "calls"
    if not path.exists():
        return []
    found = [json.loads(line) for line in path.read_text().splitlines()]
    path.unlink()
    return found


def log_of(lab):
    return (lab.folder / "state" / "muster" / "logs" / "hooks.log").read_text()


def test_the_example_tells_each_node(lab):
    path = configure(lab, "[cluster base1]\nnodes.compute = 2\n")
    (path.parent / "config.yaml").write_text("enable_slurm_gcp_plugins: true\n")
    result = good(lab, "cluster", "start", "base1")
    assert "hook " not in result.stderr
    lines = [line.split("hook test_plugin: ")[1] for line in log_of(lab).splitlines()]
    assert lines[:2] == [f"test_plugin: pre_instance_bulk_insert: compute00{n}" for n in (1, 2)]
    assert [line.partition(": ok: alive after ")[0] for line in lines[2:]] == [
        f"test_plugin: post_main_resume_nodes: compute00{n}" for n in (1, 2)]


def test_every_site_fires_once_with_all_arguments(lab):
    configure(lab, "[hooks]\nenable = true\n[cluster base1]\nprovider = local\nnodes.compute = 2\nplacement.compute = close\n"
              "nodes.login = 1\n")
    record(lab)
    good(lab, "cluster", "start", "base1")
    (group, placed), (bulk, started), (after, ended) = calls(lab)
    assert group == "pre_placement_group_insert"
    assert placed["pg_name"].startswith("base1-compute-") and placed["region"] == "local"
    assert placed["nodes"] == ["compute001", "compute002"]
    body = placed["request_body"]
    assert (body["policy"], body["vmCount"], body["groupPlacementPolicy"]) == ("close", 2, {})
    assert bulk == "pre_instance_bulk_insert"
    assert started["nodes"] == ["compute001", "compute002", "login001"]
    assert started["instances"]["login001"]["kind"] == "login"
    assert started["request_body"]["count"] == 3
    assert started["request_body"]["nodes"]["compute001"]["placement_group"] == placed["pg_name"]
    assert started["placement_group"] is None  # the login node has none
    assert started["cfg"]["slurm_cluster_name"] == "base1" and started["cfg"]["project"]
    assert after == "post_main_resume_nodes"
    assert ended["nodelist"] == started["nodes"]
    assert [outcome["node"] for outcome in ended["outcomes"] if outcome["ok"]] == ended["nodelist"]
    assert ended["global_resume_data"] == {"jobs": [], "all_nodes_resume": "compute[001-002],login001"}

    assert good(lab, "--cluster", "base1", "-w", "compute001", "echo", "there").stdout == "compute001: there\n"
    (before, asked), (behind, told) = calls(lab)
    assert (before, behind) == ("pre_execute", "post_execute")
    assert asked["request"] == {"kind": "shell", "command": "echo there", "targets": ["compute001"], "environment": {},
                                "deadline": None, "session": "", "directory": ""}
    assert told["request"] == asked["request"]
    assert [(one["node"], one["outcome"], one["exit_code"]) for one in told["outcomes"]] == [("compute001", "ok", 0)]

    good(lab, "--cluster", "base1", "-c", "show -vv")
    (fields, registered), = calls(lab)
    assert fields == "register_instance_information_fields"
    assert registered["project"] and registered["slurm_cluster_name"] == "base1"
    assert "name" in registered["instance_information_fields"]

    good(lab, "cluster", "stop", "base1", "-y")
    (leave, gone), = calls(lab)
    assert leave == "pre_main_suspend_nodes" and gone["reason"] == "stop"
    assert gone["nodelist"] == ["compute001", "compute002", "login001"]


def test_nodes_still_answer_when_they_are_about_to_go_and_a_failed_start_is_told(lab):
    configure(lab, "[hooks]\nenable = true\n[provider bad]\ntype = local\nclusterd = /bin/false\n"
                     "[cluster base1]\nprovider = local\nnodes.compute = 1\n[cluster broken]\nprovider = bad\nnodes.compute = 1\n")
    hook(lab, "looker", """
        import socket

        def pre_stop_nodes(nodelist, **keyword_args):
            for node in nodelist:
                with socket.socket(socket.AF_UNIX) as there:
                    there.connect(node.address.removeprefix("unix:"))
                    print("answers:", node)

        def post_start_nodes(nodelist, outcomes, **keyword_args):
            print("came of it:", *[(outcome["node"], outcome["ok"]) for outcome in outcomes])
        """)
    result = lab.run("cluster", "start", "broken")
    assert result.returncode == 1
    assert "hook looker: came of it: ('compute001', False)" in result.stderr
    assert "came of it: ('compute001', True)" in good(lab, "cluster", "start", "base1").stderr
    assert "hook looker: answers: compute001" in good(lab, "cluster", "stop", "base1", "-y").stderr


def test_what_a_hook_changes_is_what_is_started(lab):
    configure(lab, "[hooks]\nenable = true\n[cluster base1]\nprovider = local\nnodes.compute = 2\nplacement.compute = close\n")
    hook(lab, "changer", """
        def pre_instance_bulk_insert(*pos_args, **keyword_args):
            for name, node in keyword_args["request_body"]["nodes"].items():
                node["environment"]["RACK"] = "r-" + name
                node["settings"]["workers"] = "3"
                node["flavor"] = "big"

        def pre_placement_group_insert(*pos_args, **keyword_args):
            keyword_args["request_body"]["groupPlacementPolicy"]["maxDistance"] = 2
        """)
    good(lab, "cluster", "start", "base1")
    assert good(lab, "--cluster", "base1", "-c", "@* echo $RACK").stdout.split("\n")[:2] in (
        ["compute001: r-compute001", "compute002: r-compute002"], ["compute002: r-compute002", "compute001: r-compute001"])
    shown = json.loads(good(lab, "--cluster", "base1", "-c", "show -o json").stdout)
    assert [node["workers"] for node in shown] == [3, 3]
    text = good(lab, "cluster", "export", "base1", "-").stdout
    assert '"big"' in text and "maxDistance" in text


def test_what_a_hook_may_not_change_is_named_and_dropped(lab):
    configure(lab, "[hooks]\nenable = true\n[cluster base1]\nprovider = local\nnodes.compute = 1\n")
    changes = {"a": "['count'] = 7", "b": "['nodes']['compute001']['name'] = 'x'", "c": "['nodes'].clear()",
               "d": "['nodes']['compute001']['flavor'] = 3", "e": "['nodes']['compute001']['settings']['nothing'] = '1'",
               "f": "['nodes']['compute001']['environment']['A B'] = '1'", "g": "['x'] = {1, 2}",
               "h": "['nodes']['compute001']['environment']['A'] = 'b\\0c'"}
    for name, change in changes.items():
        hook(lab, name, f"def pre_start_nodes(request_body, **keyword_args):\n    request_body['nodes']['compute001']['image'] = 'bad'\n"
             f"    request_body{change}\n")
    errors = good(lab, "cluster", "start", "base1").stderr
    for name, words in {"a": "count cannot change", "b": 'has no "name"', "c": 'lost its "compute001"', "d": "flavor is 3, and has",
                        "e": "has no setting 'nothing'", "f": '"A B" cannot be a variable', "g": "not JSON serializable",
                        "h": "the value of A holds a NUL byte"}.items():
        line, = [line for line in errors.splitlines() if line.startswith(f"hook {name}: ")]
        assert words in line and line.endswith("its changes are dropped"), line
    assert '"bad"' not in good(lab, "cluster", "export", "base1", "-").stdout


@pytest.mark.parametrize("change, told", [
    ("['command'] = 'echo b\\0c'", "request.command holds a NUL byte"),
    ("['deadline'] = 1e300", "request.deadline has to be seconds, above 0 and at most 1e9, or None"),
    ("['deadline'] = 0", "request.deadline has to be seconds, above 0 and at most 1e9, or None")])
def test_what_no_execution_can_be_is_dropped(lab, change, told):
    configure(lab, "[hooks]\nenable = true\n")
    hook(lab, "a", f"def pre_execute(request, **keyword_args):\n    request{change}\n")
    result = lab.lines(1, "@1 echo fine")
    assert result.stdout == "n1: fine\n" and told in result.stderr


def test_a_veto_starts_nothing_and_says_why(lab):
    configure(lab, "[hooks]\nenable = true\n[cluster base1]\nprovider = local\nnodes.compute = 2\n[hook guard]\nmost = 1\n")
    guard = hook(lab, "guard", """
        from muster.hooks import Abort, setting

        def pre_start_nodes(nodes, **keyword_args):
            if len(nodes) > setting("most", 8):
                raise Abort(f"{len(nodes)} at once are too many")

        def pre_execute(request, **keyword_args):
            if "reboot" in request["command"]:
                raise Abort("not today")

        def pre_stop_nodes(**keyword_args):
            raise Abort("they are needed")
        """)
    result = lab.run("cluster", "start", "base1")
    assert result.returncode == 1
    assert "cluster start: the hook guard:pre_start_nodes said no: 2 at once are too many" in result.stderr
    states = [node["state"] for node in json.loads(good(lab, "cluster", "status", "base1", "-o", "json").stdout)["nodes"]]
    assert states == ["stopped", "stopped"]
    # This run may have more.
    good(lab, "--hook-setting", "guard.most=2", "cluster", "start", "base1")
    vetoed = lab.run("--cluster", "base1", "-c", "@* echo ran; touch /tmp/never; reboot", "-c", "@compute001 echo on")
    assert vetoed.returncode == 1
    assert "the hook guard:pre_execute said no: not today; nothing was sent" in vetoed.stderr
    assert vetoed.stdout == "compute001: on\n"
    stopped = lab.run("cluster", "stop", "base1", "-y")
    assert stopped.returncode == 1 and "said no: they are needed" in stopped.stderr
    assert "--force" not in stopped.stderr
    terminated = lab.run("--cluster", "base1", "-c", "terminate compute002 -y", "-c", "stop compute002 -y")
    assert terminated.returncode == 1 and terminated.stderr.count("said no: they are needed") == 2
    resized = lab.run("cluster", "resize", "base1", "-r", "1:compute", "-y")
    assert resized.returncode == 1 and "said no: they are needed" in resized.stderr
    assert good(lab, "--cluster", "base1", "-w", "compute002", "echo still").stdout == "compute002: still\n"
    for forced in ("stop", "delete"):
        if forced == "delete":
            good(lab, "--hook-setting", "guard.most=2", "cluster", "start", "base1")
        overridden = good(lab, "cluster", forced, "base1", "-y", "--force")
        assert f"cluster {forced}: the hook guard:pre_stop_nodes said no: they are needed; overridden by --force" in overridden.stderr
        assert overridden.stdout.count(": stopped\n") == 2
    assert guard.exists()


def test_hooks_change_what_is_executed_in_order_of_priority_and_name(lab):
    configure(lab, "[hooks]\nenable = true\n[hook d]\npriority = 10\n")
    for name, own in {"a": "", "b": "priority = 90", "c": "", "d": "priority = 99"}.items():
        hook(lab, name, f"{own}\ncount = 0\ndef pre_execute(request, **keyword_args):\n    global count\n    count += 1\n"
             f"    request['environment']['ORDER'] = request['environment'].get('ORDER', '') + '{name}' + str(count)\n")
    hook(lab, "z", """
        priority = 100
        def pre_execute(request, **keyword_args):
            request["targets"].remove("n2")
            request["command"] = request["command"].upper().replace("ECHO", "echo")
            request["deadline"] = 0.5
            if "SLEEP" in request["command"]:
                request["command"] = "sleep 60"
        """)
    result = lab.lines(2, "@* echo $ORDER", "@* echo $ORDER two", "@* sleep")
    assert result.stdout == "n1: d1a1c1b1\nn1: d2a2c2b2 TWO\n"
    assert "n1: timed_out" in result.stderr and "n2" not in result.stderr


def test_fields_of_hooks_are_shown_and_searched(lab):
    configure(lab, "[hooks]\nenable = true\n[cluster base1]\nprovider = local\nnodes.compute = 2\nflavor.compute = m1.small\n")
    hook(lab, "rack", """
        def register_node_fields(instance_information_fields, **keyword_args):
            instance_information_fields += ["rack", "flavor", "label", "nothing", "rack"]

        def instance_information(node, fields):
            assert fields == ["flavor", "label", "nothing", "rack"], fields
            return {"rack": "r" + node[-1]}
        """)
    good(lab, "cluster", "start", "base1")
    shown = good(lab, "--cluster", "base1", "-c", "show -vv").stdout
    assert "   rack: r1\n" in shown and "   rack: r2\n" in shown and shown.count("   flavor: m1.small\n") == 2
    assert "   label: " in shown and "nothing" not in shown
    found = good(lab, "--cluster", "base1", "-c", "show rack=r2")
    assert "compute002" in found.stdout and "compute001" not in found.stdout
    for target, nodes in {"rack=R2": [2], "rack=r*": [1, 2], "rack!=r2": [1], "compute00[1,2]!rack=r1": [2],
                          "rack=r1,rack=r2": [1, 2], "compute*&rack='r2'": [2]}.items():
        result = good(lab, "--cluster", "base1", "-c", f"@{target} echo ok")
        assert sorted(result.stdout.splitlines()) == [f"compute00{number}: ok" for number in nodes], target
    for target, code, told in (("rack=r9", 3, "no node has rack=r9"), ("rank=r1", 2, "rank")):
        result = lab.run("--cluster", "base1", "-c", f"@{target} echo ok")
        assert result.returncode == code and told in result.stderr and result.stdout == ""
    fields = {node["name"]: node["fields"]["rack"] for node in
              json.loads(good(lab, "--cluster", "base1", "-c", "show -o json").stdout)}
    assert fields == {"compute001": "r1", "compute002": "r2"}


def test_setup_scripts_and_jobs_are_executions_too(lab):
    path = configure(lab, "[hooks]\nenable = true\n[setup base]\nscripts = setup\n[cluster base1]\nprovider = local\nsetup = base\n"
                     "groups.compute = base\nnodes.compute = 1\n")
    script = path.parent / "setup" / "base" / "10-mark"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\necho $FROM_HOOK > ~/mark\n")
    script.chmod(0o700)
    hook(lab, "around", """
        def pre_execute(request, **keyword_args):
            request["environment"]["FROM_HOOK"] = "yes"
            print("before", request["kind"], request["command"], *request["targets"])

        def post_execute(request, outcomes, **keyword_args):
            print("after", request["kind"], request["command"], *[outcome["outcome"] for outcome in outcomes])
        """)
    errors = good(lab, "cluster", "start", "base1").stderr
    assert errors.count("hook around: before setup base/10-mark compute001\n") == 1
    assert errors.count("hook around: after setup base/10-mark ok\n") == 1
    result = good(lab, "--cluster", "base1", "-c", "@* cat ~/mark", "-c", "py 1 6*7", "-c", "@* --bg false; true")
    assert "compute001: yes\n" in result.stdout and "compute001: 42\n" in result.stdout
    for line in ("before python 6*7 compute001", "after python 6*7 ok", "before shell false; true compute001",
                 "after shell false; true ok", "before shell cat ~/mark compute001", "after shell cat ~/mark ok"):
        assert result.stderr.count(f"hook around: {line}\n") == 1, (line, result.stderr)


def test_without_hooks_nothing_is_started(lab):
    configure(lab, "[hooks]\nenable = none_of_it\nenable_hooks = {}\n".replace("enable = none_of_it\n", ""))
    record(lab)
    result = lab.lines(1, "@* true", "hooks")
    assert result.returncode == 0 and "no hooks are switched on; [hooks] enable = true" in result.stderr
    assert calls(lab) == [] and not (lab.folder / "state" / "muster" / "logs").exists()


@pytest.mark.parametrize("switch, told", [
    ("enable = recordr", "cluster.conf:2: there is no hook recordr in "),
    ("enable = 3", "cluster.conf:2: enable: 3 switches nothing on; valid here: true (all hooks), false, a list of names"),
    ("enable = true\nrequired = ghost", "the hook ghost is required ([hooks] required), and no such hook is switched on"),
    ("enable = true\n[hook recorder]\nrequired = perhaps", 'cluster.conf:4: required: "perhaps" is neither yes nor no'),
    ("enable = {recorder: {required: perhaps}}", 'required of recorder: "perhaps" is neither yes nor no'),
    ("enabel = true", 'cluster.conf:2: no key "enabel" is known'),
])
def test_a_wrong_switch_is_an_error_at_the_start(lab, switch, told):
    configure(lab, f"[hooks]\n{switch}\n")
    record(lab)
    result = lab.run("cluster", "list")
    assert result.returncode == 2 and told in result.stderr and len(result.stderr.splitlines()) == 1
    configure(lab, "")


def test_a_veto_comes_before_any_plugin_does_something(lab):
    path = configure(lab, "[hooks]\nenable = true\n[plugin told]\nsetup_class = told.Told\n[cluster base1]\nnodes.compute = 1\n"
                     "plugins = told\n")
    plugins = path.parent / "plugins"
    plugins.mkdir(mode=0o700)
    (plugins / "told.py").write_text(
        "from starcluster.clustersetup import ClusterSetup\nfrom starcluster.logger import log\n\nclass Told(ClusterSetup):\n"
        "    def run(self, *rest):\n        log.info('it runs')\n    def on_shutdown(self, *rest):\n        log.info('it ends')\n")
    (plugins / "told.py").chmod(0o600)
    guard = hook(lab, "guard", "from muster.hooks import Abort\n\ndef pre_stop_nodes(**keyword_args):\n    raise Abort('no')\n")
    assert ">>> it runs\n" in good(lab, "cluster", "start", "base1").stdout
    stopped = lab.run("cluster", "stop", "base1", "-y")
    assert stopped.returncode == 1 and "it ends" not in stopped.stdout and "said no: no" in stopped.stderr
    guard.unlink()
    assert ">>> it ends\n" in good(lab, "cluster", "stop", "base1", "-y").stdout


def test_what_nobody_calls_is_told_and_a_required_module_has_to_be_called(lab):
    configure(lab, "[hooks]\nenable = true\nrequired = guard\n")
    hook(lab, "other", "def post_execute(**keyword_args):\n    pass\n\ndef pre_exceute(**keyword_args):\n    pass\n\n"
         "def start_nodes():\n    pass\n")
    hook(lab, "shared", "pre_execute = None\n")
    folder = lab.folder / "config" / "muster" / "hooks.d" / "pre_exceute.d"
    folder.mkdir(parents=True)
    near = "nobody calls pre_exceute; did you mean pre_execute?"
    for text, told in (("def pre_exceute(**keyword_args):\n    pass\n", f"is called: {near}"), ("", "is called"),
                       ("pre_execute = 5\n", "is called: pre_execute is no function"),
                       ("def pre_exceute(**keyword_args):\n    pass\npost_execute = print\n", f"is called before a step: {near}")):
        path = hook(lab, "guard", text)
        told = f"it is required, and has no function that {told} ({path})"
        checked = lab.run("hooks", "check")
        assert checked.returncode == 1
        assert checked.stdout == (f"guard: {told}\nother: ok: post_execute\nother: warning: {near}\n"
                                  "shared: ok: it has no function that is called\n")
        assert f"{folder} are left out: it is the folder of no event; did you mean pre_execute.d?\n" in checked.stderr
        result = lab.lines(1, "@1 echo ran")
        assert result.stdout == "" and f"went wrong: {told}; mend it, or take the setting away; nothing was sent" in result.stderr
    folder.rmdir()
    hook(lab, "guard", "def pre_execute(**keyword_args):\n    pass\n")
    assert lab.lines(1, "@1 echo ran").stdout == "n1: ran\n" and lab.run("hooks", "check").returncode == 0


def test_an_executable_is_required_by_a_section_of_its_own(lab):
    path = configure(lab, "[hooks]\nenable = true\n[hook 10-g]\nrequired = yes\n")
    program = lab.folder / "config" / "muster" / "hooks.d" / "pre_execute.d" / "10-g"
    missing = lab.lines(1, "@1 echo ran")
    assert missing.returncode == 2 and "the hook 10-g is required ([hook 10-g] required), and no such hook " in missing.stderr
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o700)
    broken = lab.lines(1, "@1 echo ran")
    assert broken.stdout == "" and broken.stderr.startswith(
        "the hook 10-g:pre_execute is required ([hook 10-g] required), and went wrong: failed: exit code 3 (")
    path.write_text("[hooks]\nenable = true\nrequired = yes\n[hook 10-g]\nrequired = no\n")
    assert lab.lines(1, "@1 echo ran").stdout == "n1: ran\n"
    path.write_text("[hooks]\nenable = true\n[hook 10-g]\ntimeout = 1s\n")
    assert "is no name of a module, and an executable has only required" in lab.lines(1, "@1 echo ran").stderr
