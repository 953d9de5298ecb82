"""What the programs that measure compilers take: types for argparse, which refuse in plain words."""

import argparse
import os
import pathlib
import re
import shutil
import subprocess


def compilers(text):
    """Those of a list that are installed."""
    found = [name for name in text.split(",") if shutil.which(name)]
    if not found:
        raise argparse.ArgumentTypeError(f"no compiler found of: {text}")
    return found


def names_in(names):
    """Those of the names in which a regular expression is found."""
    def matching(text):
        try:
            found = [name for name in names if re.search(text, name)]
        except re.error as wrong:
            raise argparse.ArgumentTypeError(f"no regular expression: {text} ({wrong})")
        if not found:
            raise argparse.ArgumentTypeError(f"{text} is in none of: {', '.join(names)}")
        return found
    return matching


def count(text):
    if not re.fullmatch("0*[1-9][0-9]*", text):
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, given: {text}")
    return int(text)


def output(text):
    """A file that can be written: known before everything is measured."""
    path = pathlib.Path(text)
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"cannot be written: {text}")
    return path


def accepts(compiler, *options, text=""):
    """Whether a compiler takes these options, and a text goes through its preprocessor."""
    return subprocess.run([compiler, *options, "-x", "c++", "-E", "-"], input=text, text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def check_levels(options, compilers, levels):
    for compiler in compilers:
        for level in levels:
            if not accepts(compiler, "-march=" + level):
                options.error(f"{compiler} knows no level {level!r}, such as x86-64-v3")
