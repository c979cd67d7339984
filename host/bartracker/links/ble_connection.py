"""One Bluetooth connection to a sensor: reading info, subscribing, commands and their replies, time sync. Searching,
reconnecting and recording are done elsewhere.
"""

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from bartracker.errors import BartrackerError
from bartracker.links.ble_scan import BleBackend, FoundSensor
from bartracker.links.fault_words import FAULT_WORDS, REMARK_WORDS
from bartracker.links.sensor_link import SensorLinkSettings, SensorWishes
from bartracker.wire import SensorInfo, WireError, decode_info
from bartracker.wire.commands import ControlCommand, SetRange, SetRate, Stop, encode_control
from bartracker.wire.data import BYTES_PER_SAMPLE, HEADER
from bartracker.wire.gatt import CONTROL_UUID, DATA_UUID, INFO_UUID, LOG_UUID, STATUS_UUID, TIME_SYNC_UUID, UPDATE_UUID
from bartracker.wire.replies import ControlReply, ControlResult, decode_control_reply
from bartracker.wire.status import SensorFault, SensorRemarks, Status, decode_status
from bartracker.wire.time_sync import TimeSyncRequest, encode_time_sync_request

if TYPE_CHECKING:
    from bleak import BleakClient
    from bleak.backends.characteristic import BleakGATTCharacteristic

_ATT_HEADER = 3
_SMALLEST_MTU = 23
_INFO_READS = 3
_NO_CHIP = 0


class Receiver(Protocol):
    """Gets notifications as they arrive; called in the event loop. `arrival_s` on the host's clock, s."""

    def on_data(self, arrival_s: float, raw: bytes) -> None:
        """A data packet."""
        ...

    def on_status(self, arrival_s: float, raw: bytes) -> None:
        """A status."""
        ...

    def on_time_sync(self, arrival_s: float, raw: bytes) -> None:
        """A time sync reply."""
        ...


def connection_errors() -> tuple[type[Exception], ...]:
    """What bleak raises when a connection fails or ends."""
    from bleak.exc import BleakError

    return (BleakError, OSError, EOFError)


class SensorConnection:
    """One connection. Its methods raise `connection_errors()` when it is lost, BartrackerError for what cannot be
    mended by trying again.
    """

    def __init__(
        self,
        sensor: FoundSensor,
        receiver: Receiver,
        settings: SensorLinkSettings,
        backend: BleBackend,
        now_s: Callable[[], float],
    ) -> None:
        from bleak import BleakClient

        self.sensor = sensor
        self.lost = asyncio.Event()
        self._receiver = receiver
        self._settings = settings
        self._now_s = now_s
        self._client: BleakClient = BleakClient(
            sensor.device, self._on_disconnected, timeout=settings.connect_s, backend=backend.client
        )
        self._reference = 0
        self._turn = asyncio.Lock()
        self._reply: asyncio.Future[ControlReply] | None = None
        self.info_raw = b""

    async def open(self, wishes: SensorWishes, *, streams: bool = True, pairs: bool = False) -> SensorInfo:
        """Connect, set what is wished, and read what the sensor is then. `streams`: it has to be able to; `pairs`: pair
        with it.
        """
        await self._client.connect()
        if pairs:
            await self._pair()
        self._check_services()
        await self._client.start_notify(CONTROL_UUID, self._on_control)
        info = await self._read_info()
        if not streams:
            return info
        await self._check_chip(info)
        info = await self._set(info, wishes)
        return await self._check_mtu(info)

    async def subscribe(self) -> None:
        """Have status, data and time sync delivered to the receiver."""
        receiver, now_s = self._receiver, self._now_s
        for uuid, take in (
            (STATUS_UUID, receiver.on_status),
            (DATA_UUID, receiver.on_data),
            (TIME_SYNC_UUID, receiver.on_time_sync),
        ):

            def on_value(
                _: "BleakGATTCharacteristic", raw: bytearray, take: Callable[[float, bytes], None] = take
            ) -> None:
                take(now_s(), bytes(raw))

            await self._client.start_notify(uuid, on_value)

    async def command(self, command: ControlCommand) -> None:
        """Give a command and wait for its reply. Raises BartrackerError if the sensor refuses."""
        result = (await self.ask(command)).result
        if result is not ControlResult.DONE:
            what = type(command).__name__
            raise BartrackerError(
                self.sensor.words, f"the sensor refused {what}: {result.words}", "choose another value, or none"
            )

    async def ask(self, command: ControlCommand) -> ControlReply:
        """Give a command and wait for its reply, whatever it says. If the caller is cancelled the exchange goes on to
        its end: half of one would confuse the next.
        """
        exchange = asyncio.create_task(self._exchange(command))
        exchange.add_done_callback(_looked_at)
        return await asyncio.shield(exchange)

    async def _exchange(self, command: ControlCommand) -> ControlReply:
        async with self._turn:
            self._reference = self._reference + 1 & 0xFF
            reply = self._reply = asyncio.get_running_loop().create_future()
            raw = encode_control(command, self._reference)
            try:
                async with asyncio.timeout(self._settings.reply_s):
                    await self._client.write_gatt_char(CONTROL_UUID, raw, response=True)
                    return await reply
            finally:
                self._reply = None
                if reply.done() and not reply.cancelled():
                    reply.exception()

    async def subscribe_log(self, take: Callable[[bytes], None]) -> bool:
        """Have parts of the device's log delivered; False: its firmware keeps none."""
        if self._client.services.get_characteristic(LOG_UUID) is None:
            return False
        await self._client.start_notify(LOG_UUID, lambda _, raw: take(bytes(raw)))
        return True

    async def read_info(self) -> SensorInfo:
        """What the sensor says of itself now. Raises BartrackerError."""
        return await self._read_info()

    async def send_update(self, raw: bytes) -> None:
        """Write a part of a new firmware; nobody says whether it came."""
        await self._client.write_gatt_char(UPDATE_UUID, raw, response=False)

    async def read_status(self) -> Status:
        """The sensor's status now."""
        return decode_status(bytes(await self._client.read_gatt_char(STATUS_UUID)))

    async def ask_time(self, reference: int) -> None:
        """Begin an exchange of time stamps; the answer goes to the receiver."""
        request = TimeSyncRequest(reference & 0xFF, round(self._now_s() * 1e6))
        await self._client.write_gatt_char(TIME_SYNC_UUID, encode_time_sync_request(request), response=False)

    async def close(self) -> None:
        """Disconnect; a connection that is lost already is no error."""
        try:
            await self._client.disconnect()
        except connection_errors():
            return

    async def _pair(self) -> None:
        try:
            await self._client.pair()
        except NotImplementedError:
            # Where the operating system pairs of itself, as soon as it is refused something (macOS).
            return

    async def unpair(self) -> None:
        """Have this computer forget its keys of the sensor, where it can be told so."""
        try:
            await self._client.unpair()
        except NotImplementedError:
            return

    def _check_services(self) -> None:
        for uuid in (INFO_UUID, CONTROL_UUID, DATA_UUID, STATUS_UUID, TIME_SYNC_UUID):
            if self._client.services.get_characteristic(uuid) is None:
                raise BartrackerError(
                    self.sensor.words, "its firmware is not one this program knows", "flash the sensor again"
                )

    async def _check_chip(self, info: SensorInfo) -> None:
        if info.chip_id != _NO_CHIP:
            return
        status = await self.read_status()
        if status.remarks and SensorRemarks.RESTING in status.remarks:
            problem, _, remedy = REMARK_WORDS[SensorRemarks.RESTING].partition(": ")
            raise BartrackerError(self.sensor.words, problem, remedy)
        fault = status.fault
        raise BartrackerError(
            self.sensor.words,
            FAULT_WORDS.get(fault, FAULT_WORDS[SensorFault.IMU_SILENT]),
            "check its wiring and that the chip is one of those in firmware/README.md; then switch it off and on",
        )

    async def _read_info(self) -> SensorInfo:
        reads_left = _INFO_READS
        while True:
            self.info_raw = bytes(await self._client.read_gatt_char(INFO_UUID))
            reads_left -= 1
            try:
                return decode_info(self.info_raw)
            except WireError as error:
                # Read while the sensor was writing it: once more. Another version stays another version.
                if error.reason == "version" or not reads_left:
                    raise BartrackerError(self.sensor.words, error.problem, error.remedy) from error

    async def _set(self, info: SensorInfo, wishes: SensorWishes) -> SensorInfo:
        commands: list[ControlCommand] = []
        # The sensor takes the nearest rate that its chip has; asked for once more it would say the same.
        if wishes.rate_hz is not None and not math.isclose(wishes.rate_hz, info.nominal_rate_hz, rel_tol=1e-6):
            commands.append(SetRate(wishes.rate_hz))
        acc_range_g = info.acc_range_g if wishes.acc_range_g is None else wishes.acc_range_g
        gyr_range_dps = info.gyr_range_dps if wishes.gyr_range_dps is None else wishes.gyr_range_dps
        if (acc_range_g, gyr_range_dps) != (info.acc_range_g, info.gyr_range_dps):
            commands.append(SetRange(acc_range_g, gyr_range_dps))
        if not commands:
            return info
        for command in [Stop(), *commands]:
            await self.command(command)
        return await self._read_info()

    async def _check_mtu(self, info: SensorInfo) -> SensorInfo:
        """Only the sensor knows the MTU for certain: BlueZ says 23 whatever it is."""
        samples = math.ceil(info.nominal_rate_hz / self._settings.packets_per_s)
        needed = _ATT_HEADER + HEADER.size + samples * BYTES_PER_SAMPLE
        ends_s = self._now_s() + self._settings.mtu_wait_s
        while info.att_mtu < needed:
            if self._now_s() > ends_s:
                raise BartrackerError(
                    self.sensor.words,
                    f"this computer's Bluetooth agrees to packets of {info.att_mtu or _SMALLEST_MTU} bytes (MTU), "
                    f"{needed} are needed at {info.nominal_rate_hz:g} Hz",
                    "choose a lower rate, update its driver, or use another adapter",
                )
            await asyncio.sleep(self._settings.mtu_wait_s / 20)
            info = await self._read_info()
        return info

    def _on_disconnected(self, _: "BleakClient") -> None:
        self.lost.set()
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(ConnectionResetError("the connection was lost"))

    def _on_control(self, _: "BleakGATTCharacteristic", raw: bytearray) -> None:
        try:
            reply = decode_control_reply(bytes(raw))
        except WireError:
            return
        if self._reply is not None and not self._reply.done() and reply.reference == self._reference:
            self._reply.set_result(reply)


def _looked_at(exchange: "asyncio.Task[ControlReply]") -> None:
    """What it raised is told to whoever waits for it; nobody may."""
    if not exchange.cancelled():
        exchange.exception()
