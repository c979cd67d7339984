"""The gym: an air in which sensors and links of a test meet."""

from collections.abc import Callable, Iterator

import pytest
from ble_gym import Gym

from bartracker.links.ble_link import BleLink
from bartracker.sim.air import AirConditions, VirtualAir
from bartracker.sim.bleak_backend import virtual_backend


@pytest.fixture
def gym_with() -> Iterator[Callable[..., Gym]]:
    gyms: list[Gym] = []

    def make(**conditions: object) -> Gym:
        air = VirtualAir(AirConditions(**conditions)).__enter__()
        gyms.append(Gym(air, virtual_backend(air)))
        return gyms[-1]

    yield make
    for gym in gyms:
        for each in reversed(gym.open):
            each.close() if isinstance(each, BleLink) else each.__exit__()
        gym.air.close()


@pytest.fixture
def gym(gym_with: Callable[..., Gym]) -> Gym:
    return gym_with()
