"""An example of a hook module: it logs a line for each node of each call.

Switch it on with `enable_slurm_gcp_plugins = test_plugin`; what it logs is in muster/logs/hooks.log of the state folder.
"""

import logging

from slurm_gcp_plugins import utils

log = logging.getLogger(__name__)


def _settings(keyword_args):
    return utils.get_plugin_setting("test_plugin", "prefix", keyword_args["lkp"], None, "test_plugin")


def pre_placement_group_insert(*pos_args, **keyword_args):
    log.info("%s: pre_placement_group_insert: %s in %s", _settings(keyword_args), keyword_args["pg_name"],
             keyword_args["region"])


def pre_instance_bulk_insert(*pos_args, **keyword_args):
    for node in keyword_args["nodes"]:
        log.info("%s: pre_instance_bulk_insert: %s", _settings(keyword_args), node)


def post_main_resume_nodes(*pos_args, **keyword_args):
    outcomes = {outcome["node"]: outcome for outcome in keyword_args["outcomes"]}
    for node in keyword_args["nodelist"]:
        outcome = outcomes[node]
        log.info("%s: post_main_resume_nodes: %s: %s: %s", _settings(keyword_args), node,
                 "ok" if outcome["ok"] else "failed", outcome["text"])


def pre_main_suspend_nodes(*pos_args, **keyword_args):
    for node in keyword_args["nodelist"]:
        log.info("%s: pre_main_suspend_nodes: %s", _settings(keyword_args), node)


def register_instance_information_fields(*pos_args, **keyword_args):
    keyword_args["instance_information_fields"].append("label")
    log.info("%s: register_instance_information_fields: label", _settings(keyword_args))


def pre_execute(*pos_args, **keyword_args):
    for node in keyword_args["request"]["targets"]:
        log.info("%s: pre_execute: %s: %s", _settings(keyword_args), node, keyword_args["request"]["command"])


def post_execute(*pos_args, **keyword_args):
    for outcome in keyword_args["outcomes"]:
        log.info("%s: post_execute: %s: %s", _settings(keyword_args), outcome["node"], outcome["text"])
