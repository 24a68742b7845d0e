from . import AnsibleSetupProvider as AnsibleSetupProvider
