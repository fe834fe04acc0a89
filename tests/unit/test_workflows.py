"""The workflows: nobody else's code but what is named by its hash, and no right that is
not used.
"""

import re
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
    jobs = workflow(ROOT / ".github" / "workflows" / "release.yml")["jobs"]

    before: set[str] = set()
    waiting = set(jobs["publish"]["needs"])
    while waiting:
        name = waiting.pop()
        before.add(name)
        waiting |= set(jobs[name].get("needs", [])) - before
    assert before == set(jobs) - {"publish"}


def test_a_script_that_a_workflow_runs_exists() -> None:
    for path in WORKFLOWS:
        for script in re.findall(r"\b(scripts/[a-z_.-]+)", path.read_text()):
            assert (ROOT / script).exists(), script
