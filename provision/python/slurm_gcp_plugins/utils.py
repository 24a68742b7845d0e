"""What hooks share, by the names that slurm-gcp gave it."""


def _features(job):
    """PLUGIN.SETTING and its value, of what a request says of itself; of one without a value None."""
    if job is None:
        return {}
    if isinstance(job, dict):
        named = job.get("features")
        return {**{key: value for key, value in job.items() if "." in str(key)}, **_features(named)}
    if isinstance(job, (list, tuple, set)):
        words = [str(word) for word in job]
    else:
        words = str(job).replace(",", "&").split("&")
    features = {}
    for word in words:
        name, equals, value = word.strip().partition("=")
        if "." in name:
            features[name] = value if equals else None
    return features


def as_type_of(value, model):
    """Texts of the command line and of an INI file, in the type of the default."""
    if not isinstance(value, str) or model is None or isinstance(model, str):
        return value
    if isinstance(model, bool):
        if value.lower() in ("1", "true", "yes", "on"):
            return True
        if value.lower() in ("0", "false", "no", "off"):
            return False
        raise ValueError(f"{value!r} is neither true nor false")
    return type(model)(value) if isinstance(model, (int, float)) else value


def get_plugin_setting(plugin, setting, lkp, job=None, default=None):
    """A setting of a hook: what this request says goes before the configuration, and that before `default`, whose
    type a text is given. `job` is what a request says of itself: "NAME.SETTING=VALUE&…", a list of such words, or a
    dict; one without a value is None."""
    name = f"{plugin}.{setting}"
    for features in (_features(job), getattr(lkp, "request", None) or {}):
        if name in features:
            return as_type_of(features[name], default)
    cfg = getattr(lkp, "cfg", None) or {}
    switch = cfg.get("enable_slurm_gcp_plugins")
    settings = switch.get(plugin) if isinstance(switch, dict) else None
    if isinstance(settings, dict) and setting in settings:
        return as_type_of(settings[setting], default)
    return default
