"""How the text of a command becomes a program and its arguments on a node."""

import collections
import shlex

MOST_WORD = 100_000  # bytes of one argument; a longer command travels in a file of the node's shell

# /etc/profile may set the PATH anew: what the node has in its own stays in front.
PROFILE = ('muster_path=$PATH; [ ! -r /etc/profile ] || source /etc/profile >/dev/null 2>&1 </dev/null; '
           '[ "$PATH" = "$muster_path" ] || PATH="$muster_path:$PATH"; export PATH; unset muster_path; ')

# $1: the command; $2: what bash reads before it; $3: the folder to begin in, if it can be entered
_START = ('[ -z "$3" ] || cd "$3" 2>/dev/null || cd /; '
          'if command -v bash >/dev/null 2>&1; then exec bash -c "$2$1" bash; else exec sh -c "$1" sh; fi')

# Somebody else whom commands run as: name, home, and the words that make them so.
User = collections.namedtuple("User", "name home prefix")


def words_of(command, source_profile, user=None, detach=False):
    """The program and its arguments."""
    profile = PROFILE if source_profile else ""
    home = user.home if user is not None else ""
    prefix = list(user.prefix) if user is not None else []
    if detach:
        inner = shlex.join(["sh", "-c", _START, "sh", command, profile, home])
        command, profile = f"nohup setsid {inner} </dev/null >/dev/null 2>&1 &", ""
    if len(command.encode("utf-8", "surrogateescape")) > MOST_WORD:
        raise ValueError(f"the command has {len(command)} characters; {MOST_WORD} bytes is the most: write it to a file of "
                         "the node with remote_file(), and execute that")
    return [*prefix, "sh", "-c", _START, "sh", command, profile, home]


def switched(current_uid, name, home, shell):
    """The User of that name, as it is reached by who has `current_uid`."""
    environment = ["env", f"HOME={home}", f"USER={name}", f"LOGNAME={name}", f"SHELL={shell or '/bin/sh'}"]
    if current_uid == 0:
        return User(name, home, ["runuser", "-u", name, "--", *environment])
    return User(name, home, ["sudo", "-n", "-H", "-u", name, "--", *environment])


def with_su(user, shell_words):
    """The same through su, for a root that has no runuser."""
    return ["su", "-s", "/bin/sh", user.name, "-c", shlex.join(shell_words)]
