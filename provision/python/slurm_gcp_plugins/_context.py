"""Which hook runs in this process, and what it was called with: for muster.hooks.setting."""

_CURRENT = {}


def enter(name, lkp):
    _CURRENT.update(name=name, lkp=lkp)


def current():
    """The name of the hook and its lkp; (None, None) outside one."""
    return _CURRENT.get("name"), _CURRENT.get("lkp")
