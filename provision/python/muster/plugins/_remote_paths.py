"""What a node's ssh does with paths. Orders of arguments are StarCluster's: modes and ids come first."""

import glob as local_glob
import os
import posixpath
import re
import shlex
import stat as stat_bits

import ClusterAPI

from . import exception


class Attributes:
    """What stat() says: st_mode, st_ino, st_nlink, st_uid, st_gid, st_size, st_atime, st_mtime, st_ctime; filename."""

    def __init__(self, words, filename=""):
        names = ("st_ino", "st_nlink", "st_uid", "st_gid", "st_size", "st_atime", "st_mtime", "st_ctime")
        self.st_mode = int(words[0], 16)
        for name, word in zip(names, words[1:]):
            setattr(self, name, int(word))
        self.filename = filename

    def __repr__(self):
        return f"<{stat_bits.filemode(self.st_mode)} {self.st_uid} {self.st_gid} {self.st_size} {self.filename}>"


def word(path):
    """A path as one word of a shell, that no program takes for an option. A ~ in front is the home."""
    text = str(path)
    if text == "~" or text.startswith("~/"):
        return '"$HOME"' + shlex.quote(text[1:]) if text != "~" else '"$HOME"'
    return shlex.quote("./" + text if text.startswith("-") else text)


class RemotePaths:
    """Those methods; output(line) runs a line of sh on the node. OSError: what could not be done, and why."""

    # ---- What there is ----

    def path_exists(self, path):
        """Whether there is something; a link that points nowhere is nothing."""
        return self._is("-e", path)

    def lpath_exists(self, path):
        """Whether there is something, a link that points nowhere too."""
        return self._is("-e", path) or self._is("-L", path)

    def isfile(self, path):
        return self._is("-f", path)

    def isdir(self, path):
        return self._is("-d", path)

    def _is(self, test, path):
        return self.output(f"test {test} {word(path)} && echo yes", allowed=(0, 1)) != ""

    def stat(self, path):
        """Its Attributes; those of what a link points to."""
        return self._stat("-L", path)

    def lstat(self, path):
        """Its Attributes; those of a link itself."""
        return self._stat("", path)

    def _stat(self, option, path):
        text = self.output(f"stat {option} -c '%f %i %h %u %g %s %X %Y %Z' -- {word(path)}")
        return Attributes(text.split(), posixpath.basename(str(path)))

    def ls(self, path="."):
        """The full paths of what is in a folder, sorted."""
        names = self.listdir(path)
        return [posixpath.join(str(path), name) for name in names]

    def listdir(self, path="."):
        """Their names."""
        folder = word(path)
        line = f"find {folder}/ -mindepth 1 -maxdepth 1 -printf '%f\\0'"
        return sorted(filter(None, self.output(line).split("\0")))

    def glob(self, pattern):
        """The paths that a pattern matches, sorted."""
        quoted = "".join(part if re.fullmatch(r"[*?\[\]!^-]", part) else shlex.quote(part)
                         for part in re.split(r"([*?\[\]!^-])", str(pattern)) if part)
        quoted = re.sub(r"^~(?=/|$)|^'~'|^'~/", lambda found: '"$HOME"' + ("'/" if found[0].endswith("/") else ""), quoted)
        line = f"for f in {quoted}; do if [ -e \"$f\" ] || [ -L \"$f\" ]; then printf '%s\\0' \"$f\"; fi; done"
        return sorted(filter(None, self.output(line).split("\0")))

    # ---- Making and removing ----

    def mkdir(self, path, mode=0o755, ignore_failure=False):
        """Makes a folder."""
        try:
            self.output(f"mkdir -m {_octal(mode)} -- {word(path)}")
        except OSError:
            if not ignore_failure:
                raise

    def makedirs(self, path, mode=0o755):
        """Makes a folder, and those above it; one that is there gets the mode."""
        self.output(f"mkdir -p -- {word(path)} && chmod {_octal(mode)} -- {word(path)}")

    def chmod(self, mode, path):
        """Sets the permission bits."""
        self.output(f"chmod {_octal(mode)} -- {word(path)}")

    def chown(self, uid, gid, path):
        """Sets owner and group, as numbers or names."""
        self.output(f"chown {shlex.quote(f'{uid}:{gid}')} -- {word(path)}")

    def unlink(self, path):
        """Removes a file."""
        self.output(f"rm -- {word(path)}")

    # ---- Lines of files ----

    def get_remote_file_lines(self, remote_file, regex=None, matching=True):
        """The lines of a file, with their ends; with `regex` those that it is found in, or, with matching=False, the
        others."""
        lines = self.output(f"cat {word(remote_file)}").splitlines(True)
        if regex is None:
            return lines
        return [line for line in lines if (re.search(regex, line) is not None) == bool(matching)]

    def remove_lines_from_file(self, remote_file, regex):
        """Drops the lines that the regex is found in."""
        kept = self.get_remote_file_lines(remote_file, regex, matching=False)
        self.output(f"cat > {word(remote_file)}", "".join(kept).encode("utf-8", "surrogateescape"))

    # ---- Copying ----

    def put(self, localpaths, remotepath="."):
        """Copies files, and folders with all that is in them, to the node."""
        paths = []
        for path in [localpaths] if isinstance(localpaths, (str, bytes, os.PathLike)) else localpaths:
            path = os.path.expanduser(os.fspath(path))
            found = [path] if os.path.lexists(path) else sorted(local_glob.glob(path))
            if not found:
                raise exception.BaseException(f"Local file or directory does not exist: {path}")
            paths += found
        target = self._placed(remotepath)
        is_there = self._user is not None and self._is("-d", target)
        self._copied(lambda: self._connections.put(self._node, paths, target))
        if self._user is not None:  # the transfer is of the daemon's user
            made = [posixpath.join(target, os.path.basename(path.rstrip("/"))) for path in paths] \
                if is_there or len(paths) > 1 else [target]
            owner = shlex.quote(f"{self._user.name}:")
            self._as_daemon(f"chown -h -R {owner} -- {' '.join(map(word, made))}")

    def get(self, remotepaths, localpath=""):
        """Copies files and folders of the node here; patterns are matched there."""
        given = [remotepaths] if isinstance(remotepaths, (str, bytes, os.PathLike)) else list(remotepaths)
        paths = []
        for path in map(os.fsdecode, given):
            path = self._placed(path)
            found = [path] if self.lpath_exists(path) else self.glob(path)
            if not found:
                raise exception.BaseException(f"Remote file or directory does not exist: {path}")
            paths += found
        self._copied(lambda: self._connections.get(self._node, paths, os.path.expanduser(localpath or ".")))

    def _placed(self, path):
        """The path from /: transfers begin elsewhere than commands of a switched user."""
        text = os.fsdecode(path)
        if text.startswith("/"):
            return text
        if text == "~" or text.startswith("~/"):
            return self.output('printf %s "$HOME"') + text[1:]
        folder = self.output("pwd").rstrip("\n")
        return folder if text in (".", "") else posixpath.join(folder, text)

    def _copied(self, copy):
        try:
            copy()
        except ClusterAPI.NodeUnreachable as error:
            raise exception.SSHConnectionError(str(error)) from None
        except ClusterAPI.RemoteError as error:
            raise exception.SCPException("\n".join([str(error), *error.problems])) from None

    # ---- Keys ----

    def load_remote_rsa_key(self, remote_filename):
        """The text of a private key of the node."""
        return self.output(f"cat {word(remote_filename)}")

    def get_public_key(self, key):
        """The public half of the text of a private key, as ssh-keygen says it."""
        return self.output("umask 077; f=$(mktemp) && cat > \"$f\" && ssh-keygen -y -f \"$f\"; s=$?; rm -f \"$f\"; exit $s",
                           key.encode()).strip()


def _octal(mode):
    return shlex.quote(mode if isinstance(mode, str) else f"{mode:o}")
