"""A sensor in plain Python that talks to a BleController like the firmware does: for tests of the host's side alone."""

import errno
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from bartracker.wire import DataPacket, PacketFlags, SensorInfo, WireError, encode_data_packet, encode_info
from bartracker.wire.commands import LIVE, Heartbeat, SetRange, SetRate, Start, Stop, decode_control
from bartracker.wire.gatt import CONTROL_UUID, DATA_UUID, INFO_UUID, SERVICE_UUID, STATUS_UUID, TIME_SYNC_UUID
from bartracker.wire.replies import ControlReply, ControlResult, encode_control_reply
from bartracker.wire.status import SensorFault, SensorState, Status, encode_status
from bartracker.wire.time_sync import TimeSyncReply, decode_time_sync_request, encode_time_sync_reply

READ, WRITE_NO_RESPONSE, WRITE, NOTIFY, INDICATE = 0x02, 0x04, 0x08, 0x10, 0x20

INFO = SensorInfo(
    chip_id=1,
    acc_range_g=16,
    gyr_range_dps=2000,
    acc_mps2_per_count=0.0047856,
    gyr_radps_per_count=0.0012217,
    nominal_rate_hz=200.0,
    firmware=(0, 1, 0),
    boot_count=1,
    device_id=b"FAKE0001",
    ring_packets=64,
    protocol_minor=0,
)


class Controller(Protocol):
    def register_services(self, services: list[tuple[str, list[tuple[str, int]]]]) -> list[list[int]]: ...
    def advertise(self, interval_us: int | None, adv_data: bytes, resp_data: bytes | None) -> None: ...
    def notify(self, conn: int, handle: int, data: bytes) -> int: ...
    def indicate(self, conn: int, handle: int, data: bytes) -> int: ...
    def write_value(self, handle: int, data: bytes) -> None: ...
    def read_value(self, handle: int) -> bytes: ...
    def poll_events(self) -> list[tuple]: ...


def counts_of(index: np.ndarray) -> np.ndarray:
    """(N, 6) int16 that tell from which sample they are."""
    return ((index[:, None] * np.array([1, 3, 5, 7, 11, 13]) + np.arange(6)) % 30011 - 15005).astype(np.int16)


@dataclass
class FakeSensor:
    """Streams `counts` in real time, `speed` times as fast; `limit` samples in all, then it falls silent."""

    ble: Controller
    name: str = "bar-1"
    info: SensorInfo = INFO
    info_raw: bytes | None = None
    speed: float = 1.0
    limit: int = 10**9
    counts: Callable[[np.ndarray], np.ndarray] = counts_of
    burst_s: float = 0.05
    ring: int = 64
    answers: bool = True
    services: bool = True
    battery_percent: int = 71
    produced: int = 0
    dropped: int = 0
    retries: int = 0
    commands: list[object] = field(default_factory=list)
    silent: bool = False
    fault: SensorFault = SensorFault.NONE
    on: bool = True
    garbage: bytes = b""  # sent once, as a packet

    def __post_init__(self) -> None:
        uuids = [
            (INFO_UUID, READ),
            (CONTROL_UUID, WRITE | INDICATE),
            (DATA_UUID, NOTIFY),
            (STATUS_UUID, READ | NOTIFY),
            (TIME_SYNC_UUID, WRITE_NO_RESPONSE | NOTIFY),
        ]
        chosen = uuids if self.services else uuids[:2]
        handles = self.ble.register_services([(SERVICE_UUID, chosen), ("180f", [("2a19", READ | NOTIFY)])])[0]
        self._info, self._control, self._data, self._status, self._sync = [*handles, 0, 0, 0][:5]
        self._conn: int | None = None
        self._mtu = 23
        self._packets: deque[tuple[int, bytes]] = deque()
        self._next = 0
        self._streaming = False
        self._heartbeat_s = 255.0
        self._alive_at = 0.0
        self._counter = 0
        self._origin = self._at = time.monotonic()
        self._status_at = self._burst_at = 0.0
        self._flags = PacketFlags.NONE
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._restart = threading.Event()
        self._show_info()

    def __enter__(self) -> "FakeSensor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5.0)

    @property
    def origin_s(self) -> float:
        """Host time (monotonic) at which the sensor's clock was 0."""
        return self._origin

    @property
    def streaming(self) -> bool:
        return self._streaming

    def switch_off(self) -> None:
        """No more of it."""
        self.on = False
        self._stop.set()
        self.ble.advertise(None, b"", None)

    def restart(self) -> None:
        """Lose power and boot again."""
        self._restart.set()

    def _run(self) -> None:
        self._advertise()
        while not self._stop.wait(0.002):
            for event in self.ble.poll_events():
                self._on_event(event)
            if self._restart.is_set():
                self._restart.clear()
                self._boot()
            self._sample()
            self._send()

    def _advertise(self) -> None:
        name = self.name.encode()
        uuid = bytes.fromhex(SERVICE_UUID.replace("-", ""))[::-1]
        self.ble.advertise(30_000, b"\x02\x01\x06\x11\x07" + uuid, bytes([len(name) + 1, 9]) + name)

    def _boot(self) -> None:
        self.info = replace(self.info, boot_count=self.info.boot_count + 1)
        self._packets.clear()
        self._next = self._counter = self.produced = 0
        self._origin = self._at = time.monotonic()
        self._streaming = False
        self._show_info()

    def _show_info(self) -> None:
        raw = self.info_raw or encode_info(replace(self.info, att_mtu=self._mtu))
        self.ble.write_value(self._info, raw)
        self.ble.write_value(self._status, self._status_bytes())

    def _on_event(self, event: tuple) -> None:
        match event:
            case (1, conn, _, _):
                self._conn = conn
            case (2, *_):
                self._conn, self._mtu, self._streaming = None, 23, False
                self._show_info()
                self._advertise()
            case (3, conn, handle) if handle == self._control:
                self._on_command(conn, self.ble.read_value(handle))
            case (3, conn, handle) if handle == self._sync:
                now = self._device_us()
                request = decode_time_sync_request(self.ble.read_value(handle))
                reply = TimeSyncReply(request.reference, request.host_us, now, self._device_us())
                self.ble.notify(conn, self._sync, encode_time_sync_reply(reply))
            case (21, _, mtu):
                self._mtu = mtu
                self._show_info()
            case _:
                pass

    def _device_us(self) -> int:
        return round((time.monotonic() - self._origin) * self.speed * 1e6) & 0xFFFFFFFF

    def _on_command(self, conn: int, raw: bytes) -> None:
        try:
            command, reference = decode_control(raw)
        except WireError:
            return
        self.commands.append(command)
        result = ControlResult.DONE
        match command:
            case Start():
                if not self._streaming:
                    keep = command.from_index != LIVE
                    self._packets = deque(each for each in self._packets if keep and each[0] >= command.from_index)
                    self._streaming = True
                    self._alive_at = time.monotonic()
            case Stop():
                self._streaming = False
            case Heartbeat():
                self._heartbeat_s = command.timeout_s
                self._alive_at = time.monotonic()
            case SetRate() | SetRange() if self._streaming:
                result = ControlResult.NOT_NOW
            case SetRate() if not 1 <= command.rate_hz <= 800:
                result = ControlResult.OUT_OF_RANGE
            case SetRate():
                self.info = replace(self.info, nominal_rate_hz=command.rate_hz)
                self._show_info()
            case _:
                pass
        if self.answers:
            reply = ControlReply(raw[0], reference, result)
            self.ble.indicate(conn, self._control, encode_control_reply(reply))

    def _sample(self) -> None:
        now = time.monotonic()
        if now - self._burst_at < self.burst_s / max(1.0, self.speed):
            return
        self._burst_at = now
        rate_hz = self.info.nominal_rate_hz
        due = min(self.limit, int((now - self._origin) * self.speed * rate_hz))
        size = min(19, (self._mtu - 3 - 14) // 12)
        if size < 1:
            size = 19
        while due - self.produced >= size:
            index = np.arange(self.produced, self.produced + size)
            packet = DataPacket(
                counter=self._counter,
                first_index=self.produced,
                device_time_us=round(self.produced / rate_hz * 1e6) + 1000,
                counts=self.counts(index),
                epoch=self.info.boot_count & 3,
            )
            self._packets.append((self.produced, encode_data_packet(packet)))
            self._counter += 1
            self.produced += size
            if len(self._packets) > self.ring:
                self._packets.popleft()
                self.dropped += self._streaming

    def _send(self) -> None:
        if self._conn is None or not self._streaming:
            return
        if time.monotonic() - self._alive_at > self._heartbeat_s:
            self._streaming = False
            return
        if self.garbage and self.produced > 100:
            self.ble.notify(self._conn, self._data, self.garbage)
            self.garbage = b""
        while self._packets and not self.silent:
            problem = self.ble.notify(self._conn, self._data, self._packets[0][1])
            if problem:
                self.retries += problem == errno.ENOMEM
                break
            self._packets.popleft()
        if time.monotonic() - self._status_at > 0.2:
            self._status_at = time.monotonic()
            self.ble.notify(self._conn, self._status, self._status_bytes())

    def _status_bytes(self) -> bytes:
        return encode_status(
            Status(
                state=SensorState.STREAMING if self._streaming else SensorState.IDLE,
                battery_mv=3800,
                battery_percent=self.battery_percent,
                fault=self.fault,
                fifo_overflows=0,
                samples=self.produced,
                packets_sent=self._counter,
                packets_dropped=self.dropped,
                notify_retries=self.retries,
                rate_hz=self.info.nominal_rate_hz,
                temperature_degc=None,
                ring_packets=len(self._packets),
            )
        )


def other_version(raw: bytes, major: int) -> bytes:
    """Info bytes of a sensor that speaks another major version."""
    return raw[:4] + struct.pack("<B", major) + raw[5:]
