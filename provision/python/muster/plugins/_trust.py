"""Who may write the files of plugins: they are run with the rights of this user."""

import os
import stat


def complaint(path, folder):
    """Why a file below one of the folders of plugins is not run; "": nothing speaks against it. Looked at are the file,
    the folder, and what is between."""
    while True:
        if reason := _complaint(path):
            return reason
        if os.path.realpath(path) == os.path.realpath(folder) or path == os.path.dirname(path):
            return ""
        path = os.path.dirname(path)


def _complaint(path):
    try:
        status = os.stat(path)
    except OSError as error:
        return f"{path}: {error.strerror}"
    if status.st_uid not in (0, os.geteuid()):
        return f"{path} belongs to somebody else (user {status.st_uid}); say: chown {os.geteuid()} {path}"
    # A group of one's own is nobody else: that is how some systems make users.
    others = stat.S_IWOTH | (0 if status.st_gid == os.getegid() else stat.S_IWGRP)
    if status.st_mode & others:
        return f"others may write to {path}; say: chmod go-w {path}"
    return ""
