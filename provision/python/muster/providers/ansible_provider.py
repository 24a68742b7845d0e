"""Setup with Ansible's playbooks: not yet."""

from . import NotYet


class AnsibleSetupProvider(NotYet):
    """Comes later. Nodes are set up by scripts (ScriptSetupProvider) or by a class of one's own
    (AbstractSetupProvider)."""

    INSTEAD = "now there are ScriptSetupProvider(groups), and classes of your own (docs/providers.md)"


__all__ = ["AnsibleSetupProvider"]
