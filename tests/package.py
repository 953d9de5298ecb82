"""Installs the library elsewhere, and builds programs with what pkg-config and Meson then say.

    package.py MESON BUILD_DIR COMPILER...
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TRAINING = r"""
#include <etch/etch.hpp>
#include <cstdio>
#include "network.hpp"
int main() {
  etch::model<lenet> const model;
  std::fputs(etch::summary<lenet>().c_str(), stdout);
  etch::save_embedded(model, "lenet.etch");
  try {
    etch::save(model, "missing/net.safetensors");
  } catch (etch::error const& e) {
    std::puts(e.what());
  }
}
"""
INFERENCE = """
project('app', 'cpp', default_options: ['cpp_std=c++20', 'optimization=0'])
etch = dependency('etch-inference')
etch_embed = generator(find_program('etch-embed'),
  output: '@PLAINNAME@.hpp', arguments: ['@INPUT@', '@OUTPUT@'])
executable('app', 'main.cpp', etch_embed.process('lenet.etch'),
  cpp_args: etch.get_variable('cxxflags_' + meson.get_compiler('cpp').get_id()),
  dependencies: etch)
"""


def run(*command, **how):
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True,
                          **how).stdout


meson, build, *compiler = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder).resolve()
    run(meson, "install", "-C", build, "--no-rebuild", "--quiet", "--tags", "devel", "--destdir",
        folder)
    described = sorted(folder.rglob("etch*.pc"))
    prefix = next(p for p in described[0].parents if (p / "include" / "etch").is_dir())
    for file in described:  # where they are without --destdir
        file.write_text(re.sub("(?m)^prefix=.*", f"prefix={prefix}", file.read_text()))
    environment = dict(os.environ, CXX=" ".join(compiler),
                       PKG_CONFIG_PATH=str(described[0].parent),
                       PATH=f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for source in ("main.cpp", "network.hpp"):
        shutil.copy(HERE / "embed" / source, folder)
    (folder / "train.cpp").write_text(TRAINING, encoding="utf-8")
    (folder / "meson.build").write_text(INFERENCE, encoding="utf-8")

    flags = run("pkg-config", "--cflags", "--libs", "etch", env=environment).split()
    run(*compiler, "-std=c++20", "-O1", "train.cpp", *flags, "-o", "train")
    told = run(folder / "train")
    print(told)
    if "dense" not in told or "missing/net.safetensors: cannot be written" not in told:
        sys.exit("the program that trains does not say what it should")

    run(meson, "setup", "app", env=environment)
    print(run(meson, "compile", "-C", "app", "-v", env=environment))
    if len(run(folder / "app" / "app").split()) != 3:
        sys.exit("the program that infers does not say what it should")
