"""Pairing with a sensor: its policy asked and set over a short connection, and this computer paired with it."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from bartracker.errors import BartrackerError
from bartracker.links.ble_connection import SensorConnection, connection_errors
from bartracker.links.ble_errors import bluetooth_problem, not_paired
from bartracker.links.ble_inbox import SensorInbox
from bartracker.links.ble_scan import BleBackend, find
from bartracker.links.link_runner import ThreadRunner
from bartracker.links.sensor_link import SensorLinkSettings, SensorWishes
from bartracker.wire import WireError
from bartracker.wire.pairing import PAIRING_SINCE_MINOR, PairingState, PairingWish, SetPairing, decode_pairing_state
from bartracker.wire.replies import ControlResult

_T = TypeVar("_T")
_UPDATE: Final = "put the newest firmware on it: bartracker flash"


@dataclass(frozen=True, slots=True)
class PairSettings:
    """Habits of pairing.

    Attributes:
        restart_s: the sensor is given so long to restart with its new policy, s (10-60).
        link: how it is searched for and connected.
    """

    restart_s: float = 30.0
    link: SensorLinkSettings = field(default_factory=SensorLinkSettings)


class SensorPairing:
    """One sensor's pairing; its methods run in an event loop and raise BartrackerError. `wanted`: name or address, None
    for the only sensor there is.
    """

    def __init__(
        self,
        wanted: str | None,
        *,
        given: str,
        now_s: Callable[[], float],
        backend: BleBackend | None = None,
        settings: PairSettings | None = None,
    ) -> None:
        self._wanted = wanted
        self._given = given
        self._now_s = now_s
        self._backend = backend or BleBackend.default()
        self._settings = settings or PairSettings()

    async def switch_on(self) -> PairingState:
        """Have it serve paired computers only, this one among them. A sensor that does so already takes this one only
        while it takes new ones.
        """
        try:
            before = await self._ask(PairingWish.ON)
        except BartrackerError as error:
            if not isinstance(error.__cause__, Exception) or not not_paired(error.__cause__):
                raise
            return await self._ask(PairingWish.ASK, pairs=True)
        if before.on:
            return await self._ask(PairingWish.ASK, pairs=True)
        return await self._restarted(on=True)

    async def switch_off(self) -> PairingState:
        """Have it serve everybody, and forget all computers."""

        async def switch_off(connection: SensorConnection) -> PairingState:
            state = await self._over(connection, PairingWish.OFF)
            if state.on:
                # The sensor has forgotten its keys; those here would only be refused.
                await connection.unpair()
            return state

        before = await self._with_connection(switch_off)
        return await self._restarted(on=False) if before.on else before

    async def take_another(self) -> PairingState:
        """Have it take a further computer within a minute."""
        return await self._ask(PairingWish.ANOTHER)

    async def _restarted(self, *, on: bool) -> PairingState:
        ends_s = self._now_s() + self._settings.restart_s
        while True:
            await asyncio.sleep(self._settings.link.retry_s)
            try:
                state = await self._ask(PairingWish.ASK, pairs=on)
            except BartrackerError:
                if self._now_s() > ends_s:
                    raise
                continue
            if state.on is on:
                return state
            if self._now_s() > ends_s:
                raise BartrackerError(self._given, "it has not restarted", "switch it off and on, then try again")

    async def _ask(self, wish: PairingWish, *, pairs: bool = False) -> PairingState:
        if pairs:
            # Over a connection of its own: the next one shows whether the two know each other.
            await self._with_connection(self._pair)

        async def ask(connection: SensorConnection) -> PairingState:
            return await self._over(connection, wish)

        return await self._with_connection(ask)

    async def _with_connection(self, work: Callable[[SensorConnection], Coroutine[Any, Any, _T]]) -> _T:
        link = self._settings.link
        sensor = await find(
            self._wanted, self._given, find_s=link.find_s, settle_s=link.settle_s, backend=self._backend
        )
        unused = SensorInbox(sensor.name, link, self._now_s, ThreadRunner().queue())
        connection = SensorConnection(sensor, unused, link, self._backend, self._now_s)
        try:
            return await work(connection)
        except connection_errors() as error:
            raise bluetooth_problem(sensor.words, error) from error
        finally:
            await connection.close()

    @staticmethod
    async def _pair(connection: SensorConnection) -> None:
        await connection.open(SensorWishes(), streams=False, pairs=True)

    @staticmethod
    async def _over(connection: SensorConnection, wish: PairingWish) -> PairingState:
        words = connection.sensor.words
        info = await connection.open(SensorWishes(), streams=False)
        if info.protocol_minor < PAIRING_SINCE_MINOR:
            raise BartrackerError(words, "its firmware cannot pair", _UPDATE)
        reply = await connection.ask(SetPairing(wish))
        if reply.result is ControlResult.OUT_OF_RANGE:
            raise BartrackerError(words, "it serves everybody", "switch pairing on first: bartracker pair")
        if reply.result is not ControlResult.DONE:
            raise BartrackerError(words, f"the sensor refused it: {reply.result.words}", "try again")
        try:
            return decode_pairing_state(reply.rest)
        except WireError as error:
            raise BartrackerError(words, error.problem, error.remedy) from error
