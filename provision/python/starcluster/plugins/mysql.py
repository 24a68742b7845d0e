"""In the place of StarCluster's plugin for MySQL clusters."""

from ._not_here import NotHere


class MysqlCluster(NotHere):
    what = "Muster installs no MySQL"
