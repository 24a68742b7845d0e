"""Plugins while they are written: the seven steps of StarCluster's documentation, and one plugin alone."""

import json

from plugin_lab import (INSTALLER, SECTION, STEPS, TEMPLATE, configure, fixture_lab, fixture_plugins,  # noqa: F401
                        good)

DRAFT = """from starcluster.clustersetup import ClusterSetup

class MyPlugin(ClusterSetup):
    def run(self, nodes, master, user, user_shell, volumes):
        for node in nodes:
            node.ssh.execute('touch installed-%s' % node.alais)
"""


def type_line(child, line, *expected):
    child.send(f"{line}\r")
    for text in expected:
        child.expect_exact(text)


def test_the_seven_steps_of_writing_a_plugin(lab, plugins):
    path = configure(lab, "[cluster smallcluster]\nnodes.node = 1\n")
    child = lab.terminal()
    child.expect_exact("muster> ")
    # 1. Start a small test cluster.
    type_line(child, "starcluster start testcluster -s 2",
              "is here: cluster start smallcluster -n testcluster --nodes 2", "muster> ")
    type_line(child, "cluster start smallcluster -n testcluster --nodes 2", "testcluster runs: node[001-002]",
              "using testcluster", "muster> ")
    # 2. Install by hand on the master.
    type_line(child, "starcluster sshmaster testcluster", "is here: @node001", "muster> ")
    type_line(child, "@node001")
    type_line(child, "touch by-hand && echo do''ne", "done")
    type_line(child, "exit", "muster> ")
    # 3. Write a first draft. 4. Add it to the configuration.
    plugins.write("draft.py", DRAFT)
    path.write_text("[plugin myplugin]\nsetup_class = draft.MyPlugin\n" + path.read_text() + "plugins = myplugin\n")
    # 5. Test it in the development shell, which Ctrl-C does not end.
    type_line(child, "starcluster shell", "is here: shell", "muster> ")
    child.send("shell\r")
    child.expect_exact(">>> Importing module paramiko")
    prompt = [r"In \[(\x1b\[[0-9;]*m)?\d+", r"\n>>> $"]  # of IPython, or of Python
    child.expect(prompt)
    for _ in range(3):
        type_line(child, "print('sle' + 'eps'); import time; time.sleep(1000)", "sleeps")
        child.sendintr()
        child.expect_exact("KeyboardInterrupt")
        child.expect(prompt)
    line = "cluster.run_plugin('myplugin', 'testcluster', cfg)"
    type_line(child, line, ">>> Running plugin myplugin", "alais")
    child.expect(prompt)
    # 6. Fix it.
    plugins.write("draft.py", DRAFT.replace("alais", "alias"))
    type_line(child, line, ">>> Running plugin myplugin", "done on 2 nodes")
    child.expect(prompt)
    child.send("exit()\r")
    child.expect_exact("muster> ")
    # 7. Verify it on the master.
    type_line(child, "@node001 ls", "node001: by-hand", "node001: installed-node001", "muster> ")
    # And from now on new nodes have it.
    type_line(child, "cluster setup", "testcluster is set up", "muster> ")
    type_line(child, "cluster resize -a 1:node testcluster", "node003", "done on 1 node", "muster> ")
    type_line(child, "@node003 ls", "node003: installed-node003", "muster> ")


def test_one_plugin_alone_on_nodes_that_are_listed(lab, plugins):
    path = configure(lab, "[cluster base1]\nnodes.node = 2\n")
    plugins.write("ubuntu.py", INSTALLER)
    plugins.write("steps.py", STEPS)
    good(lab, "cluster", "start", "base1", "-n", "made")
    made = json.loads(good(lab, "cluster", "status", "made", "-o", "json").stdout)["nodes"]
    nodes = ", ".join(f"{node['name']}={node['address']}" for node in made)
    path.write_text(f"{SECTION}[plugin a]\nsetup_class = steps.Steps\nmark = a\n"
                    f"[cluster lab]\nnodes = {nodes}\nplugins = a\n[groups]\nlast = node002\n")
    good(lab, "--cluster", "lab", "-c", "plugin run pkginstaller node002")
    assert plugins.installed() == ["node002:-y install htop"]
    good(lab, "--cluster", "lab", "-c", "use node001", "-c", "plugin run a", "-c", "use *",
         "-c", "plugin run a @last --hook on_add_node")
    assert plugins.steps() == ["a run node001 node001", "a add node002 2"]
    assert "would run a on node[001-002]" in good(lab, "--cluster", "lab", "-c", "plugin run a --dry-run").stdout
    wrong = lab.run("--cluster", "lab", "-c", "plugin run a --hook on_ad_node")
    assert wrong.returncode == 2 and "did you mean on_add_node?" in wrong.stderr
    assert lab.run("--cluster", "lab", "-c", "plugin run a node7").returncode == 3
    assert plugins.steps() == []


def test_commands_of_starcluster_have_printed_equivalents(lab):
    configure(lab, SECTION + TEMPLATE)
    known = {"start testcluster -s 2": "cluster start smallcluster -n testcluster --nodes 2",
             "sshmaster testcluster": "@MASTER",
             "runplugin pkginstaller testcluster": "plugin run pkginstaller cluster=testcluster",
             "addnode -n 3 testcluster": "cluster resize testcluster -a 3:KIND",
             "removenode testcluster node002": "terminate node002",
             "terminate testcluster": "cluster delete testcluster",
             "listclusters": "cluster list",
             "shell": "shell"}
    result = lab.run(*(word for typed in known for word in ("-c", f"starcluster {typed}")))
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        f"starcluster {typed.split()[0]} is here: {here}" for typed, here in known.items()]
    assert "cluster start smallcluster" in lab.run("starcluster", "start", "testcluster").stderr


def test_the_equivalent_of_a_start_has_as_many_nodes_of_the_kinds_of_the_template(lab):
    configure(lab, "[cluster lab]\nnodes.master = 1\nnodes.node = 5\n")
    told = lab.run("starcluster", "start", "-s", "3", "mine").stderr
    assert told == "starcluster start is here: cluster start lab -n mine --nodes 1:master,2:node\n"
    good(lab, *told.split(": ", 1)[1].split(), "--dry-run")


def test_sections_of_starclusters_configuration_are_told_to_be_for_its_shell(lab):
    configure(lab, "[cluster lab]\nnodes.node = 1\n")
    own = lab.folder / ".starcluster" / "config"
    own.parent.mkdir()
    own.write_text("[plugin hosts]\nSETUP_CLASS = hosts.Hosts\n")
    for command in (["list"], ["check"], ["run", "hosts"]):
        assert f"those of {own} are for `shell` alone: copy them" in lab.run("plugin", *command).stderr
