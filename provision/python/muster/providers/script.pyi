from . import ScriptSetupProvider as ScriptSetupProvider
