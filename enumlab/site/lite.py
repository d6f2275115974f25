r"""The course as a JupyterLite site: Python runs in the reader's browser, nothing is installed.

    python -m enumlab.site.lite build/lite

The folder is a plain static site: put it on any web server, below any path. It holds all it needs,
and asks no other address for anything: JupyterLite, Pyodide (from `npm ci --prefix tests/npm`), and
wheels of pure Python at the versions of `requirements.lock`.

What is compiled is missing in it: numpy, pandas, matplotlib and `regex`. The course runs without
them, and says where it makes do. On the public web they come from Pyodide's own distribution:

    python -m enumlab.site.lite build/lite --distribution ADDRESS

ADDRESS is the folder of that distribution, with `pyodide.mjs` in it, of the very version that
`tests/npm` has; Pyodide's manual gives it. The site then takes Python itself (`pyodideUrl`), those
four packages and what they need from there. That needs the public web, so no test runs it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from email import message_from_bytes
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from enumlab.errors import LabError

ROOT = Path(__file__).parents[2]
CORE = ROOT / "tests" / "npm" / "node_modules" / "pyodide"
CORE_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
START = "notebooks/00-start-here.ipynb"

EXTENSIONS = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
KERNEL = "@jupyterlite/pyodide-kernel-extension"
WIDGETS = "@jupyter-widgets/jupyterlab-manager"

# What the kernel and the course import, and what that needs.
FROM_LOCK = (
    *("asttokens", "comm", "executing", "ipython", "ipython-pygments-lexers", "jedi"),
    *("matplotlib-inline", "parso", "prompt-toolkit", "pure-eval", "pygments"),
    *("stack-data", "traitlets", "typing-extensions", "wcwidth"),
    *("dnslib", "dnspython", "ipywidgets", "jupyterlab-widgets", "packaging", "phonenumbers"),
)
# What the kernel brings along.
FROM_KERNEL = ("ipykernel-*", "piplite-*", "pyodide_kernel-*", "widgetsnbextension-4*")
# The kernel wants it before all else. It is not in the lock: older Pythons cannot have it.
MICROPIP = (
    "micropip==0.11.1"
    " --hash=sha256:768de165adb8e66906039d8fec4127a57f522dfdf8e6fbff877a4616941ecfd3"
)
COMPILED = ("matplotlib", "numpy", "pandas", "regex")

Json = dict[str, Any]


def build(target: Path, distribution: str = "") -> None:
    """Build the site.

    Args:
        target: the folder to write; what was in it goes.
        distribution: address of Pyodide's own distribution; empty for a site that is complete in
            itself.

    Raises:
        LabError: Pyodide's core is not there, or a step failed.
    """
    if not (CORE / LOCK).exists():
        raise LabError(f"{CORE} is not there. Run: npm ci --prefix tests/npm")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        wheels = _wheels(work)
        _jupyterlite(work, target)
        static = target / "static" / "pyodide"
        static.mkdir(parents=True)
        for name in CORE_FILES:
            shutil.copyfile(CORE / name, static / name)
        for wheel in wheels:
            shutil.copyfile(wheel, static / wheel.name)
    packages = {spec["name"]: spec for spec in map(described, sorted(static.glob("*.whl")))}
    known = json.loads((CORE / LOCK).read_text(encoding="utf-8"))
    if distribution:
        packages = from_distribution(known["packages"], distribution) | packages
    lock = {"info": known["info"], "packages": packages}
    (static / LOCK).write_text(json.dumps(lock, indent=1), encoding="utf-8")
    _configure(target / "jupyter-lite.json", sorted(packages), distribution)
    _open_first_notebook(target / "index.html")


def described(wheel: Path) -> Json:
    """What `pyodide-lock.json` says of a wheel that lies beside it."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = next(name for name in names if name.endswith(".dist-info/METADATA"))
        fields = message_from_bytes(archive.read(info))
    tops = {name.partition("/")[0].removesuffix(".py") for name in names}
    return {
        "name": canonicalize_name(fields["Name"]),
        "version": fields["Version"],
        "file_name": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "imports": sorted(top for top in tops if top.isidentifier()),
        "depends": [],  # all of them are loaded, in any case
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }


def from_distribution(known: dict[str, Json], address: str) -> dict[str, Json]:
    """The compiled packages and all they need, as Pyodide's lock describes them, at an address.

    Example:
        >>> known = {"numpy": {"name": "numpy", "depends": [], "file_name": "numpy.whl"}}
        >>> known |= {each: {"depends": ["NumPy"], "file_name": each} for each in COMPILED[2:]}
        >>> known["matplotlib"] = known["regex"]
        >>> from_distribution(known, "https://pyodide.example/full")["numpy"]["file_name"]
        'https://pyodide.example/full/numpy.whl'
    """
    found: dict[str, Json] = {}
    wanted = list(COMPILED)
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name not in found:
            spec = known[name]
            found[name] = spec | {"file_name": f"{address.rstrip('/')}/{spec['file_name']}"}
            wanted += spec["depends"]
    return found


def _wheels(work: Path) -> list[Path]:
    """The course's own wheel, those that the lock pins, and those that the kernel brings along."""
    folder = work / "wheels"
    pins = work / "pins.txt"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins.write_text("\n".join([MICROPIP, *pinned(lock, FROM_LOCK)]), encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _run(
        *(*pip, "download", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--python-version=3.14", "--implementation=py", "--abi=none", "--platform=any"),
        *("--dest", str(folder), "--requirement", str(pins)),
    )
    _run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    brought = EXTENSIONS / KERNEL / "static" / "pypi"
    return [*folder.glob("*.whl"), *(next(brought.glob(each)) for each in FROM_KERNEL)]


def pinned(lock: str, names: Iterable[str]) -> list[str]:
    r"""Lines of a lock file for these packages, each with its hashes.

    Example:
        >>> lock = "comm==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nsix==2"
        >>> pinned(lock, ["comm"])
        ['comm==1 --hash=sha256:00 --hash=sha256:01']
    """
    lines = [" ".join(line.split()) for line in lock.replace("\\\n", " ").splitlines()]
    found = {Requirement(line.partition(" --hash")[0]).name: line for line in lines if line}
    return [found[name] for name in names]


def _jupyterlite(work: Path, target: Path) -> None:
    """The application, with the notebooks and two extensions, and nothing else from this Python."""
    contents = work / "contents"
    shutil.copytree(
        ROOT / "notebooks",
        contents / "notebooks",
        ignore=shutil.ignore_patterns(".*", "*.pcap", "progress*.json"),
    )
    shutil.copy(ROOT / "README.md", contents)  # the notebooks' contents page
    config = {
        "contents": [str(contents)],
        "output_dir": str(target.absolute()),
        "cache_dir": str(work / "cache"),
        "apps": ["lab"],
        "no_sourcemaps": True,
        "ignore_sys_prefix": ["federated_extensions"],
        "federated_extensions": [str(EXTENSIONS / name) for name in (KERNEL, WIDGETS)],
    }
    lite = work / "lite"
    lite.mkdir()
    text = json.dumps({"LiteBuildConfig": config})
    (lite / "jupyter_lite_config.json").write_text(text, encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    _run(sys.executable, "-m", "jupyterlite_core", "build", folder=lite)


def _configure(path: Path, packages: list[str], distribution: str) -> None:
    """Say where Python is, and load every package with it: enumlab imports as late as it can."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    folder = distribution.rstrip("/") or "./static/pyodide"
    settings["jupyter-config-data"]["appName"] = "enumlab"
    plugins = settings["jupyter-config-data"]["litePluginSettings"]
    plugins[f"{KERNEL}:kernel"] |= {
        "pyodideUrl": f"{folder}/pyodide.mjs",
        "disablePyPIFallback": True,
        "loadPyodideOptions": {
            "lockFileURL": f"./static/pyodide/{LOCK}",
            "packages": packages,
        },
    }
    path.write_text(json.dumps(settings, indent=1), encoding="utf-8")


def _open_first_notebook(path: Path) -> None:
    """Write the site's first page; JupyterLite looks in it for the script element."""
    start = f"lab/index.html?path={START}"
    path.write_text(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>enumlab</title>'
        '<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{}'
        f'</script><meta http-equiv="refresh" content="0; url={start}"></head>'
        f'<body><p><a href="{start}">Open the course</a></p></body></html>\n',
        encoding="utf-8",
    )


def _run(*command: str, folder: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise LabError(f"a step of the build failed: {' '.join(command[1:4])} ...\n{last}")


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(prog="python -m enumlab.site.lite", description=build.__doc__)
    parser.add_argument("target", type=Path, help="the folder to write")
    parser.add_argument("--distribution", default="", help="address of Pyodide's distribution")
    arguments = parser.parse_args()
    try:
        build(arguments.target, arguments.distribution)
    except LabError as error:
        sys.exit(f"enumlab: {error}")


if __name__ == "__main__":
    main()
