"""The workflows: nobody else's code but what is named by its hash, and no right that is
not used.
"""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from rigs.pages import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAY_WRITE = {
    ("release.yml", "image"): {"packages"},
    ("release.yml", "images"): {"packages"},
    ("release.yml", "publish"): {"contents", "id-token"},
}
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
# GitHub puts a full stop for each other character in the name of a release's file.
KEEPS_ITS_NAME = re.compile(r"[A-Za-z0-9._-]+")
INJECTABLE = re.compile(r"\$\{\{")


def workflow(path: Path) -> dict[Any, Any]:
    loaded = yaml.safe_load(path.read_text())
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_whatever_is_used_of_others_is_named_by_its_hash_and_version(
    path: Path,
) -> None:
    used = re.findall(r"uses: (.+)", path.read_text())

    assert used
    for each in used:
        if not each.startswith("./"):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_do_no_more_than_it_does(path: Path) -> None:
    document = workflow(path)

    assert document["permissions"] in ({}, {"contents": "read"})
    for name, job in document["jobs"].items():
        rights = job.get("permissions", document["permissions"])
        writes = {right for right, level in rights.items() if level == "write"}
        assert writes == MAY_WRITE.get((path.name, name), set()), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_name_of_a_branch_becomes_a_part_of_a_command(path: Path) -> None:
    for job in workflow(path)["jobs"].values():
        for step in job.get("steps", []):
            assert not INJECTABLE.search(step.get("run", "")), step


def test_nothing_is_published_that_was_not_tested_and_built() -> None:
    jobs = workflow(RELEASE)["jobs"]

    before: set[str] = set()
    waiting = set(jobs["publish"]["needs"])
    while waiting:
        name = waiting.pop()
        before.add(name)
        waiting |= set(jobs[name].get("needs", [])) - before
    assert before == set(jobs) - {"publish"}


def words(name: str) -> set[str]:
    """Return what `scripts/package --all` sets this array of Bash to."""
    text = (ROOT / "scripts" / "package").read_text()
    [found] = re.findall(rf"--all\).*\b{name}=\(([^)]*)\)", text)
    return set(found.split())


def test_a_release_has_the_packages_of_each_debian_and_machine() -> None:
    matrix = workflow(RELEASE)["jobs"]["debian"]["strategy"]["matrix"]

    assert set(matrix["suite"]) == words("suites")
    machines = {machine["architecture"] for machine in matrix["machine"]}
    assert machines == words("architectures")


def test_what_is_downloaded_has_the_name_that_its_checksum_is_told_for(
    tmp_path: Path,
) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    for name in (
        *("auricle_0.2.0~deb12_armhf.deb", "auricle-panel_0.2.0~deb13_arm64.deb"),
        *("auricle-0.2.0-py3-none-any.whl", "auricle-0.2.0.tar.gz"),
        *("auricle-0.2.0-run.cdx.json", "release-notes.md", "SHA256SUMS"),
    ):
        (dist / name).write_text(name)
    steps = workflow(RELEASE)["jobs"]["publish"]["steps"]
    [script] = [step["run"] for step in steps if step.get("name") == "Checksums of all"]

    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=True)

    released = {path.name for path in dist.iterdir()}
    assert [name for name in released if not KEEPS_ITS_NAME.fullmatch(name)] == []
    lines = (dist / "SHA256SUMS").read_text().splitlines()
    assert {line.split("  ")[1] for line in lines} == released - {"SHA256SUMS"}
    assert len(lines) == 5
    checked = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    subprocess.run(checked, cwd=dist, check=True)
    assert {path.name for path in (tmp_path / "pypi").iterdir()} == {
        "auricle-0.2.0-py3-none-any.whl",
        "auricle-0.2.0.tar.gz",
    }
    assert (tmp_path / "release-notes.md").exists()


def test_a_script_that_a_workflow_runs_exists() -> None:
    for path in WORKFLOWS:
        for script in re.findall(r"\b(scripts/[a-z_.-]+)", path.read_text()):
            assert (ROOT / script).exists(), script
