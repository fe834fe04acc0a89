"""Every fault of the catalogue befalls a command, and the next one works.

One house lives through all of them: what one fault leaves behind, the others meet.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from rigs.faults import CATALOGUE, FaultCase, befall
from rigs.scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("house")
    async with Scene(folder, speed=2.0, time_to_live=8.0) as scene:
        yield scene


@pytest.mark.parametrize("case", CATALOGUE, ids=str)
async def test_a_fault_has_the_promised_outcome(scene: Scene, case: FaultCase) -> None:
    await befall(scene, case)

    scene.check()
