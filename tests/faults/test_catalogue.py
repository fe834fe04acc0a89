"""Every fault of the catalogue befalls a command, and the next one works.

One house lives through all of them: what one fault leaves behind, the others meet.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from rigs.faults.catalogue import CATALOGUE, FaultCase, befall
from rigs.homes.scene import Scene

# One of each sort, for every run of the tests: a minute.
QUICK = frozenset(
    [
        *("F02a", "F02c", "F03c", "F03d", "F04b", "F08a", "F09a"),
        *("F17a", "F18", "F20", "F21", "F23a", "F23b", "F30", "F34"),
        *("B05", "B10", "B16"),
    ]
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("house")
    async with Scene(folder, speed=2.0, time_to_live=8.0) as scene:
        yield scene


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.quick] if case.id in QUICK else [])
        for case in CATALOGUE
    ],
    ids=str,
)
async def test_a_fault_has_the_promised_outcome(scene: Scene, case: FaultCase) -> None:
    await befall(scene, case)

    scene.check()
