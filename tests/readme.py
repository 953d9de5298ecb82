#!/usr/bin/env python3
"""Compiles the C++ of a Markdown file: its ```cpp blocks, one after the other, as one program.

    readme.py README.md BUILD_DIR SOURCE     (with the command that compiles SOURCE in BUILD_DIR)
"""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "compile_fail"))
import run  # noqa: E402

markdown, build_dir, source = sys.argv[1:]
with open(markdown, encoding="utf-8") as text:
    blocks = re.findall(r"^```cpp\n(.*?)^```", text.read(), re.MULTILINE | re.DOTALL)
if not blocks:
    sys.exit(f"{markdown}: no ```cpp block")
command, directory = run.flags_of(build_dir, source)
# In place of what etch-embed makes of a file that the program of the first block saves.
EMBEDDED = """
constexpr unsigned char lenet_bytes[1 << 20]{};
constexpr etch::known_file<etch::facts<lenet>::fingerprint, sizeof lenet_bytes> lenet_weights{
    lenet_bytes, true};
"""
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "lenet.etch.hpp"), "w", encoding="utf-8") as file:
        file.write(EMBEDDED)
    program = os.path.join(folder, "readme.cpp")
    with open(program, "w", encoding="utf-8") as file:
        file.write("\n".join(blocks))
    compiles, output = run.compile_file(command, directory, program)
print(output)
if not compiles:
    sys.exit(f"{markdown}: its C++ does not compile")
