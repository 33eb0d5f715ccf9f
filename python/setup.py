"""Builds the compiled module with the project's own CMake; CMAKE_ARGS in the environment has more options for it."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCE = pathlib.Path(__file__).resolve().parent.parent


class CMakeBuild(build_ext):
    def build_extension(self, extension: Extension) -> None:
        build = pathlib.Path(self.build_temp).resolve()
        module = pathlib.Path(self.get_ext_fullpath(extension.name)).resolve()
        subprocess.run(
            ["cmake", "-S", str(SOURCE), "-B", str(build), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
             "-DLOCKSTEP_TESTS=OFF", "-DLOCKSTEP_PYTHON=ON", f"-DPython_EXECUTABLE={sys.executable}",
             *shlex.split(os.environ.get("CMAKE_ARGS", ""))], check=True)
        subprocess.run(["cmake", "--build", str(build), "--target", "lockstep_python"], check=True)
        module.parent.mkdir(parents=True, exist_ok=True)
        self.copy_file(str(build / "python" / "lockstep" / module.name), str(module))


version = re.search(r"project\(lockstep VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text())
assert version, "CMakeLists.txt names no version"
setup(version=version[1], ext_modules=[Extension("lockstep._lockstep", sources=[])],
      cmdclass={"build_ext": CMakeBuild})
