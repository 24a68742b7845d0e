"""For hook modules: how to say no, and how to know one's settings.

    from muster.hooks import Abort, setting

    def pre_start_nodes(nodes, **keyword_args):
        if len(nodes) > setting("most", 8):
            raise Abort("too many at once")
"""

from slurm_gcp_plugins import utils as _utils
from slurm_gcp_plugins._abort import Abort
from slurm_gcp_plugins._context import current as _current

__all__ = ["Abort", "setting"]


def setting(name, default=None, job=None):
    """A setting of the hook that runs: of this run (--hook-setting), else of the configuration, else `default`, whose
    type a text is given."""
    hook, lkp = _current()
    return default if hook is None else _utils.get_plugin_setting(hook, name, lkp, job, default)
