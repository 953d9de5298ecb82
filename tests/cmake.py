#!/usr/bin/env python3
"""Builds programs as users of CMake do: with find_package, FetchContent and add_subdirectory.

    cmake.py MESON BUILD_DIR COMPILER...
"""

import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
# A program that trains, whose weights a program that only infers has in it.
PROJECT = """
cmake_minimum_required(VERSION 3.17)
project(app CXX)
{etch}
add_executable(save save.cpp)
target_link_libraries(save PRIVATE etch::etch)
add_custom_command(OUTPUT lenet.etch COMMAND save lenet.etch 1 > expected DEPENDS save)
add_executable(app main.cpp)
target_link_libraries(app PRIVATE etch::inference)
etch_embed(app lenet.etch NAME lenet_weights)
"""
FIND = "find_package(etch 0.1 REQUIRED)"
ADD = f'add_subdirectory("{ROOT}" etch)'
FETCH = f'include(FetchContent)\nFetchContent_Declare(etch SOURCE_DIR "{ROOT}")\n' \
        "FetchContent_MakeAvailable(etch)"
NOT_OPTIMISED = "etch: CMAKE_BUILD_TYPE is not set"
NOT_CHOSEN = "etch: CMAKE_CXX_FLAGS has no -march"
faults = []


def run(*command, good=True):
    """What COMMAND prints, all white space as one space. It must succeed, or fail if not GOOD."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=dict(os.environ, CXX=" ".join(compiler), CXXFLAGS=""), check=False)
    if (done.returncode == 0) != good:
        faults.append(f"{command}: exit code {done.returncode}\n{done.stdout}")
    return " ".join(done.stdout.split())


def expect(what, holds, told):
    print(f"{what}: {'yes' if holds else 'NO'}")
    if not holds:
        faults.append(f"{what}\n{told}")


def project(folder, name, etch):
    there = folder / name
    there.mkdir()
    for source in ("main.cpp", "save.cpp", "network.hpp"):
        shutil.copy(ROOT / "tests" / "embed" / source, there)
    (there / "CMakeLists.txt").write_text(PROJECT.format(etch=etch), encoding="utf-8")
    return there


def builds(there, *options):
    run("cmake", "-S", there, "-B", there / "build", "-DCMAKE_BUILD_TYPE=Debug", *options)
    told = run("cmake", "--build", there / "build")
    expected = there / "build" / "expected"
    expect(f"{there.name}: a program trains, another has its weights in it",
           expected.exists() and
           run(there / "build" / "app") == " ".join(expected.read_text(encoding="utf-8").split()),
           told)


def speaks(there):
    """What is said of a build that is slow, and that nothing is said of others."""
    told = run("cmake", "-S", there, "-B", there / "slow")
    expect("a build that chooses nothing hears of it, once",
           told.count(NOT_OPTIMISED) == 1 and
           told.count(NOT_CHOSEN) == (platform.machine() == "x86_64"), told)
    told = run("cmake", "-S", there, "-B", there / "fast", "-DCMAKE_BUILD_TYPE=Release",
               "-DCMAKE_CXX_FLAGS=-march=x86-64-v3")
    expect("one that chooses hears nothing", "etch: " not in told, told)


def without_fmt(folder):
    there = folder / "inference"
    there.mkdir()
    (there / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.17)\nproject(app CXX)\n{ADD}\n"
        "add_executable(app main.cpp)\ntarget_link_libraries(app PRIVATE etch::inference)\n",
        encoding="utf-8")
    (there / "main.cpp").write_text("int main() {}\n", encoding="utf-8")
    told = run("cmake", "-S", there, "-B", there / "build",
               "-DCMAKE_DISABLE_FIND_PACKAGE_fmt=TRUE")
    expect("without fmt there is inference",
           "so that there is etch::inference alone, not etch::etch" in told, told)


meson, build_dir, *compiler = sys.argv[1:]
if not shutil.which("cmake"):
    print("SKIPPED: needs CMake")
    sys.exit(77)
with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch).resolve()
    run(meson, "install", "-C", build_dir, "--no-rebuild", "--quiet", "--tags", "devel",
        "--destdir", scratch / "installed")
    config, = scratch.rglob("etch-config.cmake")
    builds(project(scratch, "find_package", FIND), f"-Detch_DIR={config.parent}")
    builds(project(scratch, "FetchContent", FETCH))
    speaks(project(scratch, "add_subdirectory", ADD))
    without_fmt(scratch)
    run("cmake", "-S", ROOT, "-B", scratch / "top", "-DCMAKE_BUILD_TYPE=Release")
    told = run("cmake", "--install", scratch / "top", "--prefix", scratch / "prefix", good=False)
    expect("installing with CMake says how to", "etch is installed by Meson: meson setup" in told,
           told)
print(*faults, sep="\n")
sys.exit(1 if faults else 0)
