"""The setup of a cluster by its plugins: what did not run yet, in order; and what they do when nodes leave."""

import json
import os

from . import loader
from .exception import PluginError
from .logger import log
from .receipt import Receipt, drift
from .runner import Loaded, Runner, default_setup


_ENDED = "did not end: the process that it ran in died"


class Setup:
    """What becomes of one order. results: {plugin, node, ok, text} of what was done."""

    def __init__(self, order, finder):
        self._order = order
        self._finder = finder
        self._runner = Runner(order)
        self.receipt = Receipt(order.receipt)
        self.results = []
        self._sections_now = None  # those that the cluster is set up with, once that begins

    # ---- set_up ----

    def set_up(self):
        """Runs what did not run; the answer."""
        order = self._order
        sections = self._sections()
        loaded = self._loaded(sections)
        if loaded is None:
            return self._answer()
        for one in loaded:
            if self.receipt.has_run(one.name):
                self.receipt.forgive(one.name)
        self.receipt.prune(order.nodes)
        steps = [step for step in map(self._step, loaded) if step[2]]
        if not steps:
            self.receipt.keep(sections, True)
            done = f"nothing to do: {_names(sections)} ran on all {len(order.nodes)} nodes already"
            return self._answer(done if sections else "no plugins are configured")
        self._sections_now = sections
        if self._look_at(steps):
            self._run(steps)
        self.receipt.keep(sections, all(self.receipt.has_run(section.name) for section in sections))
        return self._answer(f"{', '.join(step[0].name for step in steps)}: done on {_count(steps)}")

    def _sections(self):
        """Those that the cluster was set up with, once it was; else those of the configuration."""
        order = self._order
        changes = drift(self.receipt.plugins, order.sections) if self.receipt.is_whole else []
        for line in changes:
            log.warning("since the cluster was set up: %s", line)
        if changes and not order.reload:
            log.warning("the plugins run as they were; --reload takes them as they are configured now")
        if not self.receipt.is_whole or order.reload:
            return order.sections
        return [loader.section_of(told) for told in self.receipt.plugins]

    def _step(self, loaded):
        """(plugin, hook, nodes) of what it has to do."""
        order = self._order
        if order.again or order.reason == "restart" or not self.receipt.has_run(loaded.name):
            return loaded, "run", order.nodes
        return loaded, "on_add_node", self.receipt.missing(loaded.name, order.nodes)

    def _look_at(self, steps):
        """Whether the nodes answer."""
        default = default_setup()
        nodes = {node for step in steps for node in step[2]}
        failure = self._runner.call(default, "run", nodes=[node for node in self._order.nodes if node in nodes])
        if failure is not None:
            self._note(default, failure.nodes[0] if failure.nodes else "", failure)
        return failure is None

    def _run(self, steps):
        for loaded, hook, nodes in steps:
            for name, old in self.receipt.failures(loaded.name).items():
                log.info("Plugin %s failed on %s before: %s", loaded.name, name, old)
            went_well = self._run_all(loaded, nodes) if hook == "run" else self._add(loaded, nodes)
            if self._runner.is_interrupted or not went_well and self._order.on_failure != "continue":
                break

    def _run_all(self, loaded, nodes):
        self._begin(loaded, "run", nodes)
        failure = self._runner.call(loaded, "run", nodes=nodes)
        if failure is None:
            self.receipt.note(loaded.section, "run", nodes, True, ran=True)
        else:
            self.receipt.note(loaded.section, "run", [], False, ran=False)
            for node in nodes:
                if node.alias in failure.nodes:
                    self.receipt.note(loaded.section, "run", [node], False, failure.text_of(node.alias))
            if not failure.nodes:
                self.receipt.fail(loaded.name, f"run: {failure.text_of('')}")
        self._note(loaded, failure.nodes[0] if failure and len(failure.nodes) == 1 else "", failure)
        return failure is None

    def _add(self, loaded, nodes):
        went_well = True
        for node in nodes:
            self._begin(loaded, "on_add_node", [node])
            failure = self._runner.call(loaded, "on_add_node", node)
            went_well = went_well and failure is None
            self.receipt.note(loaded.section, "on_add_node", [node], failure is None,
                              "" if failure is None else failure.text_of(node.alias))
            self._note(loaded, node.alias, failure)
            if failure is not None and (self._runner.is_interrupted or self._order.on_failure != "continue"):
                break
        return went_well

    # ---- leave ----

    def leave(self):
        """Tells the plugins that nodes, or all, leave: the last first. One that fails keeps no other from hearing
        it."""
        order = self._order
        hook = {"remove": "on_remove_node", "shutdown": "on_shutdown", "restart": "on_restart"}[order.reason]
        running = {node.alias for node in order.nodes}
        for name in [name for name in order.leaving if name not in running]:
            log.debug("%s does not run: no plugin is told that it leaves", name)
            for section in self.receipt.plugins:
                self._forget(section["name"], [name])
        leaving = [node for node in order.nodes if node.alias in order.leaving]
        if not (leaving if hook == "on_remove_node" else order.nodes):
            return self._answer("no node runs that a plugin could be told of")
        sections = [loader.section_of(told) for told in self.receipt.plugins] or order.sections
        sections = [section for section in sections if self.receipt.knows(section.name)]
        told = []
        for section in reversed(sections):
            loaded = self._loaded([section])
            if loaded is None:
                continue
            if not loader.has_hook(loaded[0].kind, hook):
                log.debug("plugin %s has no %s", section.name, hook)
                self._forget(section.name, order.leaving)
                continue
            told.append(section.name)
            for node in leaving if hook == "on_remove_node" else [None]:
                self._begin(loaded[0], hook, [])
                failure = self._runner.call(loaded[0], hook, node)
                self._note(loaded[0], node.alias if node is not None else "", failure)
                if failure is None and node is not None:
                    self._forget(section.name, [node.alias])
                if self._runner.is_interrupted:
                    return self._answer()
        return self._answer(f"{hook} of {', '.join(told)}" if told else f"no plugin has {hook}")

    def _forget(self, plugin, names):
        for name in names:
            self.receipt.forget_node(plugin, name)

    # ---- run ----

    def run(self, section):
        """One hook of one plugin, as it is configured now, on the nodes that were named."""
        order = self._order
        loaded = self._loaded([section])
        if loaded is None:
            return self._answer()
        nodes = order.named(order.only)
        if order.hook in ("on_add_node", "on_remove_node"):
            for node in nodes:
                self._begin(loaded[0], order.hook, [node] if order.hook == "on_add_node" else [])
                failure = self._runner.call(loaded[0], order.hook, node)
                self._note(loaded[0], node.alias, failure)
                if order.hook == "on_add_node":
                    self.receipt.note(section, order.hook, [node], failure is None,
                                      "" if failure is None else failure.text_of(node.alias))
                if failure is not None and (self._runner.is_interrupted or order.on_failure != "continue"):
                    break
        elif order.hook == "run" and not order.only:
            self._run_all(loaded[0], nodes)
        else:
            self._begin(loaded[0], order.hook, [])
            failure = self._runner.call(loaded[0], order.hook, nodes=nodes)
            self._note(loaded[0], failure.nodes[0] if failure and len(failure.nodes) == 1 else "", failure)
        return self._answer(f"{section.name}: {order.hook} done on {len(nodes)} node{'' if len(nodes) == 1 else 's'}")

    # ---- Common ----

    def _loaded(self, sections):
        """The plugins; None: some cannot be loaded, which is told."""
        loaded, went_well = [], True
        for section in sections:
            kept = Receipt(self.receipt.data())
            kept.fail(section.name, f"loading it {_ENDED}")
            self._keep(kept, section.name, "loading it")
            try:
                loaded.append(Loaded(section, loader.class_of(section, self._finder)))
            except PluginError as error:
                went_well = False
                log.error("%s", error)
                self.receipt.fail(section.name, str(error))
                self.results.append({"plugin": section.name, "node": "", "ok": False, "text": str(error)})
        self._answer()
        return loaded if went_well else None

    def _begin(self, loaded, hook, nodes):
        """Writes down what is so when the process dies in the hook: it failed on those nodes."""
        kept = Receipt(self.receipt.data())
        if nodes:
            kept.note(loaded.section, hook, nodes, False, _ENDED, ran=False if hook == "run" else None)
        if self._sections_now is not None:
            kept.keep(self._sections_now, all(kept.has_run(section.name) for section in self._sections_now))
        self._keep(kept, loaded.name, hook)

    def _keep(self, receipt, plugin, what):
        text = f"plugin {plugin}: {what} {_ENDED}"
        self._write(receipt, [*self.results, {"plugin": plugin, "node": "", "ok": False, "text": text}])

    def _note(self, loaded, node, failure):
        text = "done" if failure is None else failure.line()
        self.results.append({"plugin": loaded.name, "node": node, "ok": failure is None, "text": text})
        self._answer()

    def _answer(self, message=""):
        return self._write(self.receipt, self.results, message)

    def _write(self, receipt, results, message=""):
        bad = [result["text"] for result in results if not result["ok"]]
        answer = {"receipt": receipt.data(), "ok": not bad, "results": results,
                  "message": "; ".join(" ".join(text.split()) for text in bad) or message}
        if self._order.answer_path:
            fresh = self._order.answer_path + ".new"
            with open(fresh, "w", encoding="utf-8", errors="replace") as file:  # no lone surrogates
                json.dump(answer, file, ensure_ascii=False)
            os.replace(fresh, self._order.answer_path)
        return answer


def _names(sections):
    return ", ".join(section.name for section in sections)


def _count(steps):
    names = {node.alias for step in steps for node in step[2]}
    return f"{len(names)} node{'' if len(names) == 1 else 's'}"
