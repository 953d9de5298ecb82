#!/usr/bin/env python3
"""Builds a program with weights in it, as docs/embedding.md says, and retrains.

    embed.py TOOL BUILD_DIR SAVER COMPILER...     (SAVER FILE SEED is compiled from save.cpp)

TOOL is cmake, meson, or make, with which #embed is tried too. The program has the new weights after
another build, nothing is built where nothing changed, and weights of another network do not compile.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
tool, build_dir, saver, *compiler = sys.argv[1:]
saver = pathlib.Path(saver).resolve()
ENVIRONMENT = dict(os.environ, CXX=" ".join(compiler),
                   PATH=f"{ROOT}{os.pathsep}{os.environ['PATH']}")
# What the recipe for CMake has instead of find_package(etch); that is tests/package.py's.
ADDED = f'add_subdirectory("{ROOT}" etch)'
WRAP = "[wrap-file]\ndirectory = etch\n[provide]\n" \
       "dependency_names = etch, etch-inference\nprogram_names = etch-embed\n"
faults = []


def run(*command, cwd, good=True):
    """What COMMAND prints; if it is to fail, of its errors only."""
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if good and done.returncode != 0:
        sys.exit(f"{command} in {cwd}:\n{done.stdout}")
    return done.stdout if good or done.returncode != 0 else ""


def expect(what, holds, told=""):
    print(f"{what}: {'yes' if holds else 'NO'}")
    if not holds:
        faults.append(what)
        print(told)


def recipe(language):
    """The build file that the documentation shows."""
    text = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
    return re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[1]


def try_builds(name, folder, build, program):
    """Whether BUILD, a command in FOLDER that makes PROGRAM, sees all that it should."""
    def outputs(seed):
        expected = run(saver, folder / "lenet.etch", seed, cwd=folder)
        told = run(*build, cwd=folder)
        return expected, run(program, cwd=folder), told

    expected, found, told = outputs("1")
    expect(f"{name}: the program has the weights", found == expected, told)
    compiled = program.stat().st_mtime_ns
    run(*build, cwd=folder)
    expect(f"{name}: without a change nothing is built", program.stat().st_mtime_ns == compiled)
    expected, found, told = outputs("2")
    expect(f"{name}: retrained, it has the new ones", found == expected, told)


def refusals(name, folder, build):
    """What BUILD says of files that are not the network's."""
    for what, change, sentence in (
            ("another network's", lambda b: b[:8] + bytes([b[8] ^ 1]) + b[9:],
             "etch: this file holds the weights of another network"),
            ("cut", lambda b: b[:64], "etch: this file is cut: it ends before its weights do"),
            ("no", lambda b: b"PK" + b, "not a file that etch::save_embedded wrote")):
        good = (folder / "lenet.etch").read_bytes()
        (folder / "lenet.etch").write_bytes(change(good))
        told = run(*build, cwd=folder, good=False)
        expect(f"{name}: {what} file is an error with a sentence", sentence in told, told)
        (folder / "lenet.etch").write_bytes(good)


def project(folder, name, file, text):
    """A folder with the program and a build file."""
    (folder / name).mkdir()
    for source in ("main.cpp", "network.hpp"):
        shutil.copy(HERE / source, folder / name)
    run(saver, folder / name / "lenet.etch", "1", cwd=folder)
    (folder / name / file).write_text(text, encoding="utf-8")
    return folder / name


def by_cmake(folder, generator):
    text = re.sub("(?m)^find_package.*", lambda _: ADDED, recipe("cmake"))
    there = project(folder, generator.replace(" ", "-"), "CMakeLists.txt", text)
    run("cmake", "-G", generator, "-S", there, "-B", there / "build",
        "-DCMAKE_BUILD_TYPE=Debug", cwd=there)
    try_builds(f"CMake, {generator}", there, ("cmake", "--build", there / "build"),
               there / "build" / "app")


def by_meson(folder):
    there = project(folder, "meson", "meson.build", recipe("meson"))
    (there / "subprojects").mkdir()
    (there / "subprojects" / "etch").symlink_to(ROOT)
    (there / "subprojects" / "etch.wrap").write_text(WRAP, encoding="utf-8")
    run(tool, "setup", there / "build", "-Doptimization=0", "--wrap-mode=nodownload", cwd=there)
    try_builds("Meson", there, (tool, "compile", "-C", there / "build"), there / "build" / "app")


def by_make(folder):
    there = project(folder, "make", "Makefile", recipe("make"))
    build = ("make", f"CXX={' '.join(compiler)}", f"CPPFLAGS=-I{build_dir}/include",
             "CXXFLAGS=-std=c++20 -MMD")
    try_builds("make", there, build, there / "app")
    refusals("make", there, build)


def by_compiler(folder):
    there = project(folder, "embed", "Makefile",
                    "app: main.cpp\n\t$(CXX) $(CPPFLAGS) $(CXXFLAGS) $< -o $@\n-include app.d\n")
    (there / "ask.cpp").write_text("#if !defined(__has_embed)\n#error none\n#endif\n")
    if run(*compiler, "-fsyntax-only", "ask.cpp", cwd=there, good=False):
        print("this compiler has no #embed")
        return
    build = ("make", f"CXX={' '.join(compiler)}",
             f"CPPFLAGS=-I{build_dir}/include -DBY_COMPILER",
             "CXXFLAGS=-std=c++20 -MMD -MT app -MF app.d")
    try_builds("#embed", there, build, there / "app")
    refusals("#embed", there, build)


if not shutil.which(tool):
    print(f"SKIPPED: needs {tool}")
    sys.exit(77)
with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch).resolve()
    if tool == "cmake":
        by_cmake(scratch, "Unix Makefiles")
        by_cmake(scratch, "Ninja")
    elif tool == "make":
        by_make(scratch)
        by_compiler(scratch)
    else:
        by_meson(scratch)
print(*faults, sep="\n")
sys.exit(1 if faults else 0)
