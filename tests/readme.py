#!/usr/bin/env python3
"""Does what a Markdown file says: readme.py FILE.md BUILD_DIR SOURCE COMPILER...

Blocks of ```cpp that begin with `// <name>` are these files, in a folder that has the library in
it, as `etch`, and a few images in `mnist`; the commands of the first block of ```sh are then run,
with COMPILER for g++. Other blocks of ```cpp are compiled, one after the other as one program, by
the command that compiles SOURCE in BUILD_DIR.
"""

import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "compile_fail"))
import run  # noqa: E402

# In place of a network of the user's, and what etch-embed makes of its weights.
GIVEN = {"network.hpp": """#pragma once
#include <etch/etch.hpp>
constexpr auto lenet = etch::input<784> | etch::dense<10>;
""", "lenet.etch.hpp": """
constexpr unsigned char lenet_bytes[1 << 20]{};
constexpr etch::known_file<etch::facts<lenet>::fingerprint, sizeof lenet_bytes> lenet_weights{
    lenet_bytes, true};
"""}


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def write_mnist(folder, images):
    folder.mkdir()
    pixels = bytes((i * 7 + i // 784 * 31) % 256 for i in range(images * 784))
    (folder / "train-images-idx3-ubyte").write_bytes(
        struct.pack(">4I", 0x803, images, 28, 28) + pixels)
    (folder / "train-labels-idx1-ubyte").write_bytes(
        struct.pack(">2I", 0x801, images) + bytes(i % 10 for i in range(images)))


def follow(folder, text, compiler):
    """Whether the commands of TEXT succeed with its files."""
    for block in blocks(text, "cpp"):
        (folder / re.match(r"// (\S+)\n", block)[1]).write_text(block, encoding="utf-8")
    (folder / "etch").symlink_to(ROOT)
    write_mnist(folder / "mnist", 100)
    commands = re.sub(r"(?m)^g\+\+", " ".join(compiler), blocks(text, "sh")[0])
    try:
        avx2 = "avx2" in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        avx2 = False
    if not avx2:
        commands = commands.replace("-march=x86-64-v3 ", "")
    return subprocess.run(["sh", "-e", "-x", "-c", commands], cwd=folder,
                          check=False).returncode == 0


def compile_all(folder, text, build_dir, source):
    command, directory = run.flags_of(build_dir, source)
    for name, given in GIVEN.items():
        (folder / name).write_text(given, encoding="utf-8")
    program = folder / "readme.cpp"
    program.write_text("\n".join(blocks(text, "cpp")), encoding="utf-8")
    compiles, output = run.compile_file(command, directory, str(program))
    print(output)
    return compiles


def main(markdown, build_dir, source, *compiler):
    text = pathlib.Path(markdown).read_text(encoding="utf-8")
    if not blocks(text, "cpp"):
        sys.exit(f"{markdown}: no ```cpp block")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if re.search(r"(?m)^```cpp\n// \S+\.cpp$", text):
            good = follow(folder, text, compiler)
        else:
            good = compile_all(folder, text, build_dir, source)
    if not good:
        sys.exit(f"{markdown}: what it says does not work")


if __name__ == "__main__":
    main(*sys.argv[1:])
