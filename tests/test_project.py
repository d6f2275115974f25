"""The files around the package agree with each other and hold nothing of one machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
RUNTIME = PROJECT["project"]["dependencies"]
CONDA_NAMES = {"matplotlib-base": "matplotlib"}

LIGHT_ROOMS = ["errors", "number", "substitution", "naptr", "selection", "zone", "responder"]
LIGHT_ROOMS += ["server", "client"]
HEAVY = ["pandas", "numpy", "matplotlib", "IPython", "ipywidgets"]

# Written so that no pattern matches the line it stands on.
OF_ONE_MACHINE = {
    "a folder of one machine": r"(?<![\w.-])/(?:home|Users)/\w[\w.-]*/|(?<![\w.-])/(?:root|work)/",
    "a folder of one farm": r"(?<![\w.-])/far[m]\b",
    "an option that names a package index": r"(?<!no-emit-)index[-]url|find[-]links",
    "the address of a package index": r"https?://[^\s\"'<>]+/simpl[e]\b|files\.pythonhosted\.or[g]",
}


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def ranges(requirements: list[str]) -> dict[str, SpecifierSet]:
    """Name -> range, for requirements such as "numpy>=2.0"."""
    parsed = [Requirement(line) for line in requirements]
    return {requirement.name: requirement.specifier for requirement in parsed}


def group(name: str) -> list[str]:
    """A dependency group with the groups that it includes."""
    lines: list[str] = []
    for item in GROUPS[name]:
        lines += [item] if isinstance(item, str) else group(item["include-group"])
    return lines


def pins(path: str) -> dict[str, frozenset[tuple[str, str]]]:
    """Name -> its pins, each with its hashes; one name has several where a marker chooses."""
    found: dict[str, set[tuple[str, str]]] = {}
    for entry in re.split(r"\n(?! )", text(path).strip()):
        pin, *hashes = entry.split(" \\\n")
        assert hashes, f"{path} pins {pin} without a hash"
        assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64}", line) for line in hashes), entry
        found.setdefault(Requirement(pin).name, set()).add((pin, " ".join(sorted(hashes))))
    return {name: frozenset(entries) for name, entries in found.items()}


LOCKED = {
    "requirements.lock": RUNTIME + group("build"),
    "tests/requirements.lock": RUNTIME + group("dev"),
}


@pytest.mark.parametrize("path", LOCKED)
def test_lock_pins_everything_that_pyproject_asks_for(path):
    locked = pins(path)
    for name, wanted in ranges(LOCKED[path]).items():
        assert name in locked, f"{path} lacks {name}; run make lock"
        for pin, _ in locked[name]:
            [exact] = Requirement(pin).specifier
            assert exact.operator == "=="
            assert wanted.contains(exact.version, prereleases=True), f"{pin}, wanted {wanted}"


def versions(found):
    """The pins and hashes, without their markers."""
    return {(pin.partition(" ;")[0], hashes) for pin, hashes in found or ()}


def test_the_two_locks_agree():
    """In versions: what the tests need may be needed on more systems than what the lab needs."""
    lab, tests = pins("requirements.lock"), pins("tests/requirements.lock")
    assert {name: versions(tests.get(name)) for name in lab} == {
        name: versions(found) for name, found in lab.items()
    }


def test_build_backend_is_the_locked_one():
    backend = ranges(PROJECT["build-system"]["requires"])
    assert backend.items() <= ranges(group("build")).items()


def test_environment_has_the_names_and_ranges_of_pyproject():
    environment = yaml.safe_load(text("environment.yml"))
    assert environment["name"] == PROJECT["project"]["name"]
    assert environment["channels"] == ["conda-forge"]
    python, pip, *conda, last = environment["dependencies"]
    version = re.fullmatch(r"python=(3\.\d+)", python)
    assert version, f"one version, not a range: {python}"
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(version[1])
    assert pip == "pip"
    assert last == {"pip": ["-e ."]}
    found = {CONDA_NAMES.get(name, name): wanted for name, wanted in ranges(conda).items()}
    assert found == ranges(RUNTIME)


def test_every_dependency_has_a_lower_bound():
    for name, wanted in ranges(RUNTIME + group("dev")).items():
        assert any(part.operator == ">=" for part in wanted), name


def test_make_knows_every_target_that_the_readme_names():
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text("README.md"), flags=re.MULTILINE))
    assert {"lab", "test"} <= named <= targets


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\((?!https?://)([^)#]+)", text("README.md"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_licence_file_is_the_one_that_pyproject_names():
    assert PROJECT["project"]["license-files"] == ["LICENSE"]
    assert PROJECT["project"]["license"] == "MIT AND CC-BY-4.0"
    licence = text("LICENSE")
    assert "MIT License" in licence
    assert "https://creativecommons.org/licenses/by/4.0/" in licence


def test_apt_packages_are_sorted_and_named_once():
    packages = [line for line in text("tests/apt.txt").splitlines() if not line.startswith("#")]
    assert packages == sorted(set(packages))


def test_no_file_holds_anything_of_one_machine(need):
    git = need("git")
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is no list of its files")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    paths = [ROOT / name for name in listed.split("\0") if (ROOT / name).is_file()]
    assert ROOT / "pyproject.toml" in paths
    found = []
    for path in paths:
        words = path.read_bytes().decode("utf-8", errors="replace")
        for what, pattern in OF_ONE_MACHINE.items():
            for seen in re.finditer(pattern, words):
                line = words.count("\n", 0, seen.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line}: {what}: {seen[0]}")
    assert found == []


@pytest.mark.parametrize("seen", [
    "/home/" + "ann/enumlab", "cd /root" + "/lab", '"/work' + '/main"', "/far" + "m x",
    "pip --index" + "-url x", "--find" + "-links", "https://pypi.example/simpl" + "e/",
])  # fmt: skip
def test_patterns_of_one_machine_catch(seen):
    assert [what for what, pattern in OF_ONE_MACHINE.items() if re.search(pattern, seen)]


def modules_after(statement: str) -> set[str]:
    """What a fresh interpreter has loaded after a statement; the statement must print nothing."""
    command = [sys.executable, "-W", "error", "-c", f"{statement}; import sys; print(*sys.modules)"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    [modules] = run.stdout.splitlines()
    return set(modules.split())


def test_import_is_light_and_silent():
    modules = modules_after("import enumlab; enumlab.LabError")
    assert "enumlab.errors" in modules
    assert modules & {*HEAVY, "dns", "dnslib", "regex", "phonenumbers"} == set()


@pytest.mark.parametrize("room", LIGHT_ROOMS)
def test_room_loads_without_plots_or_tables(room):
    modules = modules_after(f"import enumlab.{room}")
    assert f"enumlab.{room}" in modules
    assert modules & set(HEAVY) == set()


@pytest.mark.parametrize(("ci", "outcome"), [
    ("true", pytest.fail.Exception), ("", pytest.skip.Exception),
])  # fmt: skip
def test_a_missing_peer_fails_only_in_ci(need, monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no-such-program"):
        need("no-such-program")


def test_readme_lists_every_notebook_with_its_title_and_minutes():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
        title = first.splitlines()[0].removeprefix("# ")
        minutes = re.search(r"^(\d+) minutes", first, re.MULTILINE)[1]
        row = f"| [{path.name[:2]}](notebooks/{path.name}) | {title} | {minutes} |"
        assert row in readme, row
