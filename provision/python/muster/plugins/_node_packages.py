"""Packages of a node."""

from . import exception

_QUIET = "DEBIAN_FRONTEND=noninteractive"


class NodePackages:
    """Those methods. `pkgs`: a text of names, or a list."""

    @property
    def package_provider(self):
        """"apt", "yum" (dnf too), or None."""
        if "packages" not in self._asked:
            found = self.ssh.output("for p in apt-get dnf yum; do command -v $p >/dev/null 2>&1 && echo $p && break; done; true")
            self._asked["packages"] = found.strip()
        return {"apt-get": "apt", "dnf": "yum", "yum": "yum"}.get(self._asked["packages"])

    def apt_command(self, cmd):
        """Runs apt-get, which asks nothing."""
        return self.ssh.execute(f"{_QUIET} apt-get -y --allow-downgrades -o Dpkg::Options::='--force-confnew' {cmd}")

    def apt_install(self, pkgs):
        """Reads the list of packages again, and installs these."""
        self.apt_command("update")
        self.apt_command(f"install {_text(pkgs)}")

    def yum_command(self, cmd):
        """Runs yum, or dnf, which asks nothing."""
        self.package_provider  # knows which
        program = self._asked["packages"] if self._asked["packages"] in ("dnf", "yum") else "yum"
        return self.ssh.execute(f"{program} -d 0 -e 0 -y {cmd}")

    def yum_install(self, pkgs):
        """Installs these."""
        self.yum_command(f"install {_text(pkgs)}")

    def package_install(self, pkgs):
        """Installs these, with what the node has."""
        provider = self.package_provider
        if provider == "apt":
            self.apt_install(pkgs)
        elif provider == "yum":
            self.yum_install(pkgs)
        else:
            raise exception.InvalidOperation(
                f"{self.alias} has neither apt-get nor dnf nor yum in its PATH, so that {_text(pkgs)} cannot be installed")


def _text(pkgs):
    return pkgs if isinstance(pkgs, str) else " ".join(map(str, pkgs))
