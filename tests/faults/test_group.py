"""Whatever befalls satellites in earshot of each other, one of them answers.

One house lives through all of it: what one fault leaves behind, the others meet.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from rigs.faults.group_catalogue import GROUP_CATALOGUE, GroupCase, befall_group
from rigs.homes.shared_ear import SharedEar

# One of each sort, for every run of the tests: a minute.
QUICK = frozenset(["A03", "A12", "A24", "A44"])

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ear(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SharedEar]:
    folder = tmp_path_factory.mktemp("house")
    async with SharedEar(folder, time_to_live=8.0) as ear:
        yield ear


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.quick] if case.id in QUICK else [])
        for case in GROUP_CATALOGUE
    ],
    ids=str,
)
async def test_one_of_several_answers(ear: SharedEar, case: GroupCase) -> None:
    seen = await befall_group(ear, case)

    assert seen.end in case.ends
