"""In the place of StarCluster's plugin for tmux."""

from ._not_here import NotHere


class TmuxControlCenter(NotHere):
    what = "clustershell shows all nodes at once"
