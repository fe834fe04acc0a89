"""How much of everything."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Extent:
    faults: int
    seconds: float
    """Of faults, at least."""
    group_faults: int
    """Of satellites that hear the same commands."""
    kills: int
    turns: int
    """Of the marathon."""
    low_hours: float
    live_hours: float
    no_wake_hours: float
    home_hours: float
    bursts: int
    satellites: int
    """That wake together."""
    burst_every: float


LONG = Extent(
    faults=500,
    seconds=1800.0,
    group_faults=180,
    kills=200,
    turns=10_000,
    low_hours=8.0,
    live_hours=1.0,
    no_wake_hours=10.0,
    home_hours=2.0,
    bursts=10,
    satellites=200,
    burst_every=60.0,
)
SHORT = Extent(
    faults=40,
    seconds=100.0,
    group_faults=10,
    kills=8,
    turns=150,
    low_hours=0.4,
    live_hours=0.02,
    no_wake_hours=0.3,
    home_hours=0.05,
    bursts=2,
    satellites=60,
    burst_every=0.0,
)
