"""Installs the library elsewhere, and builds a program with what pkg-config then says.

    package.py MESON BUILD_DIR COMPILER...
"""

import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = r"""
#include <etch/etch.hpp>
#include <cstdio>
constexpr auto net = etch::input<2> | etch::dense<2>;
int main() {
  etch::model<net> const model;
  std::fputs(etch::summary<net>().c_str(), stdout);
  try {
    etch::save(model, "missing/net.safetensors");
  } catch (etch::error const& e) {
    std::puts(e.what());
  }
}
"""

meson, build, *compiler = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([meson, "install", "-C", build, "--no-rebuild", "--quiet", "--tags", "devel",
                    "--destdir", folder], check=True)
    described, = pathlib.Path(folder).rglob("etch.pc")
    prefix = next(p for p in described.parents if (p / "include" / "etch").is_dir())
    environment = dict(os.environ, PKG_CONFIG_PATH=str(described.parent))
    flags = subprocess.run(["pkg-config", f"--define-variable=prefix={prefix}", "--cflags",
                            "--libs", "etch"], env=environment, stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split()
    source, program = os.path.join(folder, "main.cpp"), os.path.join(folder, "main")
    with open(source, "w", encoding="utf-8") as file:
        file.write(PROGRAM)
    subprocess.run([*compiler, "-std=c++20", "-O1", source, *flags, "-o", program], check=True)
    told = subprocess.run([program], cwd=folder, stdout=subprocess.PIPE, text=True,
                          check=True).stdout
print(told)
if "dense" not in told or "missing/net.safetensors: cannot be written" not in told:
    sys.exit("the program does not say what it should")
