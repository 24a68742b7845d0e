"""What plugins find as node.ssh.sftp: the names of paramiko's SFTPClient."""

from ._remote_paths import word


class Sftp:
    """The same files by other names; here paths come first."""

    def __init__(self, ssh):
        self._ssh = ssh

    def get(self, remotepath, localpath, callback=None):
        """Copies a file here."""
        self._ssh.get([remotepath], localpath)

    def put(self, localpath, remotepath, callback=None, confirm=True):
        """Copies a file to the node; its Attributes."""
        self._ssh.put([localpath], remotepath)
        return self._ssh.stat(remotepath) if confirm else None

    def open(self, filename, mode="r", bufsize=-1):
        """As ssh.remote_file()."""
        return self._ssh.remote_file(filename, mode)

    file = open

    def stat(self, path):
        return self._ssh.stat(path)

    def lstat(self, path):
        return self._ssh.lstat(path)

    def listdir(self, path="."):
        """The names in a folder."""
        return self._ssh.listdir(path)

    def listdir_attr(self, path="."):
        """Their Attributes."""
        return [self._ssh.lstat(found) for found in self._ssh.ls(path)]

    def chmod(self, path, mode):
        self._ssh.chmod(mode, path)

    def chown(self, path, uid, gid):
        self._ssh.chown(uid, gid, path)

    def mkdir(self, path, mode=0o777):
        self._ssh.mkdir(path, mode)

    def rmdir(self, path):
        """Removes an empty folder."""
        self._ssh.output(f"rmdir -- {word(path)}")

    def remove(self, path):
        """Removes a file."""
        self._ssh.unlink(path)

    unlink = remove

    def rename(self, oldpath, newpath):
        self._ssh.output(f"mv -T -- {word(oldpath)} {word(newpath)}")

    def symlink(self, source, dest):
        """Makes `dest` a link to `source`."""
        self._ssh.output(f"ln -s -T -- {word(source)} {word(dest)}")

    def readlink(self, path):
        """Where a link points."""
        return self._ssh.output(f"readlink -n -- {word(path)}")

    def normalize(self, path):
        """The path from /, with no link in it."""
        return self._ssh.output(f"readlink -f -n -- {word(path)}")

    def close(self):
        """Writes what is open."""
        self._ssh.flush_files()
