"""How the text of a command becomes a program and its arguments on a node."""

import collections
import shlex

MOST_WORD = 60_000  # bytes of a command that travels as an argument

# /etc/profile may set the PATH anew: what the node has in its own stays in front.
PROFILE = ('muster_path=$PATH; [ ! -r /etc/profile ] || source /etc/profile >/dev/null 2>&1 </dev/null; '
           '[ "$PATH" = "$muster_path" ] || PATH="$muster_path:$PATH"; export PATH; unset muster_path; ')

# $1: the command; $2: what bash reads before it; $3: the folder to begin in, if it can be entered; "": where clusterd
# runs commands, and the home where that is /
_START = ('[ -n "$3" ] || [ "$PWD" != / ] || set -- "$1" "$2" "${HOME:-}"; '
          '[ -z "$3" ] || cd "$3" 2>/dev/null || cd /; '
          'if command -v bash >/dev/null 2>&1; then exec bash -c "$2$1" bash; else exec sh -c "$1" sh; fi')

# The same for a command that is too long for an argument: it is the standard input, which the command itself
# then has not.
_START_LONG = ('[ -n "$2" ] || [ "$PWD" != / ] || set -- "$1" "${HOME:-}"; '
               '[ -z "$2" ] || cd "$2" 2>/dev/null || cd /; exec 3<&0 0</dev/null; '
               'if command -v bash >/dev/null 2>&1; then exec bash -c "$1"". /dev/fd/3" bash; fi; exec sh /dev/fd/3')

# Somebody else whom commands run as: name, home, and the words that make them so.
User = collections.namedtuple("User", "name home prefix")


def words_of(command, source_profile, user=None, detach=False):
    """(the program and its arguments, its standard input)"""
    profile = PROFILE if source_profile else ""
    home = user.home if user is not None else ""
    prefix = list(user.prefix) if user is not None else []
    if detach:
        inner = shlex.join(["sh", "-c", _START, "sh", command, profile, home])
        command, profile = f"nohup setsid {inner} </dev/null >/dev/null 2>&1 &", ""
    data = command.encode("utf-8", "surrogateescape")
    if len(data) > MOST_WORD:
        return [*prefix, "sh", "-c", _START_LONG, "sh", profile, home], data + b"\n"
    return [*prefix, "sh", "-c", _START, "sh", command, profile, home], b""


def switched(current_uid, name, home, shell):
    """How the user of that name is reached by who has `current_uid`: Users, of which the first that works is taken."""
    environment = ["env", f"HOME={home}", f"USER={name}", f"LOGNAME={name}", f"SHELL={shell or '/bin/sh'}"]
    if current_uid != 0:
        return [User(name, home, ["sudo", "-n", "-H", "-u", name, "--", *environment])]
    return [User(name, home, ["runuser", "-u", name, "--", *environment]),
            User(name, home, ["su", "-s", "/bin/sh", "-c", 'exec "$@"', "--", name, "sh", *environment])]
