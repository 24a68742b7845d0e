"""In the place of StarCluster's plugin for users."""

from ._not_here import NotHere


class CreateUsers(NotHere):
    what = "node.add_user() makes one; nodes may be machines that somebody works on"
