"""Abort: how a hook says no."""


class Abort(Exception):
    """Raised by a hook: the step that it was asked about does not take place. str(): why, for the user."""
