"""Small things that plugins of StarCluster import."""

import functools
import inspect
import os
import re
import string
import time
from datetime import datetime, timezone

from .logger import log


class AttributeDict(dict):
    """A dict whose keys are attributes, too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value


def print_timing(msg=None, debug=False):
    """A decorator that logs how many minutes a call took."""
    def decorate(function, name=None):
        @functools.wraps(function)
        def timed(*args, **kwargs):
            began = time.monotonic()
            result = function(*args, **kwargs)
            (log.debug if debug else log.info)("%s took %.3f mins", name or function.__name__, (time.monotonic() - began) / 60)
            return result
        return timed
    return decorate(msg) if inspect.isfunction(msg) else functools.partial(decorate, name=msg)


def is_valid_device(dev):
    """/dev/sda to /dev/sdz"""
    return re.fullmatch(r"/dev/(sd|xvd|hd)[a-z]", str(dev)) is not None


def is_valid_partition(part):
    """/dev/sda1 to /dev/sdz99"""
    return re.fullmatch(r"/dev/(sd|xvd|hd)[a-z][1-9][0-9]?", str(part)) is not None


def is_valid_hostname(hostname):
    """Letters, digits and - between dots; at most 255 characters."""
    name = hostname.removesuffix(".")
    return len(name) <= 255 and all(re.fullmatch(r"(?!-)[A-Za-z\d-]{1,63}(?<!-)", label) for label in name.split("."))


def is_valid_image_name(image_name):
    return re.fullmatch(r"[a-zA-Z0-9()./_-]{3,128}", image_name) is not None


def is_url(url):
    """Whether it begins as one."""
    return re.match(r"[a-z][a-z0-9+.-]*://.", str(url), re.IGNORECASE) is not None


def is_iso_time(iso):
    """Whether iso_to_datetime_tuple() takes it."""
    try:
        iso_to_datetime_tuple(iso)
        return True
    except ValueError:
        return False


def iso_to_datetime_tuple(iso):
    """The datetime of 2026-01-31T12:00:00.000Z, in UTC and without a zone."""
    return datetime.strptime(iso.split(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S")


def datetime_tuple_to_iso(tup):
    return tup.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def iso_to_localtime_tuple(iso):
    return iso_to_datetime_tuple(iso).replace(tzinfo=timezone.utc).astimezone()


def get_utc_now(iso=False):
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    return datetime_tuple_to_iso(now) if iso else now


def get_elapsed_time(past_time):
    """hours:minutes:seconds since then."""
    seconds = int((get_utc_now() - iso_to_datetime_tuple(past_time)).total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def make_one_liner(script):
    """A script of Python as an argument of python -c."""
    return script.replace("\n", "\\n").replace('"', r"\"")


def chunk_list(ls, items=8):
    """The list in pieces of so many."""
    items = int(items)
    return (ls[place:place + items] for place in range(0, len(ls), items))


def size_in_kb(size):
    """Kilobytes of "10GB", "5m", "7"."""
    found = re.fullmatch(r"\s*(\d+)\s*([kmgt]?)b?\s*", str(size), re.IGNORECASE)
    if found is None:
        raise ValueError(f"{size!r} is no size; it has to be a number and K, M, G or T")
    return int(found[1]) * 1024 ** "kmgt".find(found[2].lower() or "k")


def mkdir_and_chown(path, uid, gid):
    """Makes a folder of this machine for somebody."""
    os.makedirs(path, exist_ok=True)
    os.chown(path, uid, gid)


def get_args_from_str(arg_string):
    import shlex
    return shlex.split(arg_string)


def filter_move(keep, in_, out):
    """Moves what is not to be kept from one list to the other; the first."""
    out.extend(item for item in in_ if not keep(item))
    in_[:] = [item for item in in_ if keep(item)]
    return in_


def strings_only(text):
    return "".join(letter for letter in text if letter in string.printable)


def generate_passwd(length):
    """Letters and digits that nobody guesses."""
    import secrets
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(int(length)))


def program_exists(program):
    import shutil
    return shutil.which(program)
