"""Calls what others wrote with what it takes: elasticluster's contract has changed over the years."""

import inspect

# start_instance() has these first, in this order, and under these names.
FIRST = [("key_name", "user_key_name"),
         ("public_key_path", "key_pub", "user_key_public", "key_public", "ssh_key_pub"),
         ("private_key_path", "key_priv", "user_key_private", "key_private", "ssh_key_priv"),
         ("security_group",), ("flavor", "flavour", "instance_type"), ("image_id", "image"),
         ("image_userdata", "userdata", "user_data")]
THEN = [("cluster_name", "cluster"), ("username", "image_user", "user"), ("node_name", "name"), ("label",), ("node",)]


def _signature(method):
    try:
        return list(inspect.signature(method).parameters.values())
    except (TypeError, ValueError):  # made in C: nobody knows
        return [inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
                inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)]


def start_arguments(method, values, extra):
    """(args, kwargs) of a start_instance(); `values` by the first names above, `extra` the keywords of add_node()."""
    canonical = {alias: names[0] for names in FIRST + THEN for alias in names}
    parameters = _signature(method)
    named = [it for it in parameters if it.kind in (it.POSITIONAL_ONLY, it.POSITIONAL_OR_KEYWORD)]
    takes_any = any(it.kind is it.VAR_KEYWORD for it in parameters)
    args, kwargs, given = [], {}, set()
    # By their names, as far as they are known; else by their places.
    by_name = all(it.name in canonical or it.name in extra or it.default is not it.empty for it in named)
    for place, parameter in enumerate(named):
        name = canonical.get(parameter.name)
        if not by_name and place < len(FIRST):
            name = FIRST[place][0]
        elif name is None and parameter.name in extra:
            args_or_keyword(parameter, extra[parameter.name], args, kwargs)
            given.add(parameter.name)
            continue
        elif name is None and parameter.default is parameter.empty and place == len(FIRST):
            name = THEN[0][0]
        if name is None:
            continue  # its default is what it has
        args_or_keyword(parameter, values[name], args, kwargs, is_positional=not by_name and place == len(args))
        given.add(name)
    if any(it.kind is it.VAR_POSITIONAL for it in parameters) and not named:
        args = [values[names[0]] for names in FIRST] + [values["cluster_name"]]
        given.update(names[0] for names in FIRST + THEN[:1])
    for parameter in (it for it in parameters if it.kind is it.KEYWORD_ONLY):
        name = canonical.get(parameter.name, parameter.name)
        if name in values or parameter.name in extra:
            kwargs[parameter.name] = values[name] if name in values else extra[parameter.name]
            given.add(name)
    if takes_any:
        kwargs |= {name: values[name] for names in FIRST + THEN[:3] for name in names[:1] if name not in given}
        kwargs |= {name: value for name, value in extra.items() if name not in given and name not in kwargs}
    return args, kwargs


def args_or_keyword(parameter, value, args, kwargs, is_positional=False):
    if is_positional or parameter.kind is parameter.POSITIONAL_ONLY:
        args.append(value)
    else:
        kwargs[parameter.name] = value


def wants_id(method):
    """Whether a method of a provider names its first argument as an id; else it gets the node."""
    named = [it for it in _signature(method) if it.kind in (it.POSITIONAL_ONLY, it.POSITIONAL_OR_KEYWORD)]
    return bool(named) and "id" in named[0].name.lower().split("_")


def takes(method, count):
    """Whether it can be called with so many arguments."""
    try:
        inspect.signature(method).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True
