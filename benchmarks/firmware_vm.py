"""How the firmware fares in the MicroPython VM: for each chip, at the rates it gives for 100, 200, 400 and 800 Hz,
whether every sample arrived, how full the I2C bus is, bytes on air for each sample, and how long one burst takes in the
VM (a computer's time, not an ESP32's).

    python benchmarks/firmware_vm.py [--seconds 30] [--seed 1] [--json results.json]

Streaming runs on the virtual clock, where transfers take the time they take on a 400 kHz bus; bursts are timed in real
time. Chip models and shims are part of a burst's time.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray
from bartracker.sim.boards import USUAL_BOARD
from bartracker.sim.chips import CHIP_NAMES
from bartracker.sim.virtual_sensor import VirtualSensor
from bartracker.sim.vm_ble import MemoryBle
from bartracker.wire import decode_data_packet, decode_info, gatt
from bartracker.wire.commands import Heartbeat, SetRate, Start, encode_control

_I2C_HZ: Final = 400_000
_BITS_PER_BYTE: Final = 9
_BURST_S: Final = 0.05
_HEARTBEAT_S: Final = 255
_STEPS: Final = 60
_SETTLE_S: Final = 0.5
_ASKED_HZ: Final = (100, 200, 400, 800)
_CHIPS: Final = tuple(chip for chip in CHIP_NAMES if chip != "lsm6dso")
_TIMED: Final = """
import time
from array import array
from bartracker_fw import boards, store
board = boards.load(store.board_name())
from bartracker_fw import app
sensor = app.App(board)
sensor.configure({rate}, 16, 2000)
sensor.link.advertise(time.ticks_ms())
taken = array("I", [0] * {steps})
n = 0
while n < {steps}:
    began = time.ticks_us()
    sensor.step()
    if sensor.streaming:
        taken[n] = time.ticks_diff(time.ticks_us(), began)
        n += 1
    time.sleep_ms(sensor.pause_ms())
print(list(taken))
"""


@dataclass(frozen=True, slots=True)
class Result:
    """One chip at one rate. `lost`: samples that did not arrive; `bus_share`: part of the time that the I2C bus is
    busy; `burst_us`, `burst_p95_us`: time of one step of the loop in the VM; `period_share`: of the 50 ms between
    bursts.
    """

    chip: str
    rate_hz: float
    samples: int
    lost: int
    bytes_per_sample: float
    bus_share: float
    burst_us: float
    burst_p95_us: float
    period_share: float


class _Swing:
    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        swing = np.sin(t_s[:, None] * np.array([2.0, 3.0, 5.0]))
        return 10.0 * swing + np.array([0.0, 0.0, STANDARD_GRAVITY_MPS2]), 3.0 * swing


def _start(sensor: VirtualSensor, ble: MemoryBle, rate_hz: float) -> None:
    ble.connect()
    ble.write(gatt.CONTROL_UUID, encode_control(Heartbeat(_HEARTBEAT_S), 1))
    ble.write(gatt.CONTROL_UUID, encode_control(SetRate(rate_hz), 2))
    sensor.run_for(_SETTLE_S)
    ble.write(gatt.CONTROL_UUID, encode_control(Start(), 3))


def _burst_times_us(chip: str, board: str, rate_hz: float, seed: int) -> FloatArray:
    ble = MemoryBle()
    program = _TIMED.format(rate=rate_hz, steps=_STEPS)
    sensor = VirtualSensor(board, chip, _Swing(), ble, clock="real", seed=seed, program=program)
    sensor.start()
    while ble.interval_us is None:
        sensor.wait(_BURST_S)
    ble.connect()
    ble.write(gatt.CONTROL_UUID, encode_control(Start(), 1))
    sensor.wait(60.0)
    return np.array(json.loads(sensor.output), dtype=np.float64)


def _measure(chip: str, board: str, rate_hz: float, seconds: float, seed: int) -> Result:
    ble = MemoryBle()
    sensor = VirtualSensor(board, chip, _Swing(), ble, seed=seed)
    sensor.start()
    sensor.run_for(_SETTLE_S)
    _start(sensor, ble, rate_hz)
    sensor.run_for(_SETTLE_S)
    bytes_before = sensor.board.i2c_bytes
    sensor.run_for(seconds)
    bus_share = (sensor.board.i2c_bytes - bytes_before) * _BITS_PER_BYTE / _I2C_HZ / seconds
    sensor.stop()
    raw = ble.received(gatt.DATA_UUID)
    packets = [decode_data_packet(packet) for packet in raw]
    samples = sum(len(packet.counts) for packet in packets)
    last = packets[-1]
    due = last.first_index + len(last.counts) - packets[0].first_index
    times_us = _burst_times_us(chip, board, rate_hz, seed)
    return Result(
        chip=chip,
        rate_hz=round(decode_info(ble.values[ble.handle(gatt.INFO_UUID)]).nominal_rate_hz, 1),
        samples=samples,
        lost=due - samples,
        bytes_per_sample=sum(map(len, raw)) / samples,
        bus_share=bus_share,
        burst_us=float(times_us.mean()),
        burst_p95_us=float(np.percentile(times_us, 95)),
        period_share=float(times_us.mean()) * 1e-6 / _BURST_S,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="virtual time for each case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the results here")
    options = parser.parse_args()
    results: list[Result] = []
    print("chip       rate Hz  samples  lost  B/sample  I2C busy  burst us (p95)   of 50 ms")
    for chip, rate_hz in ((chip, rate_hz) for chip in _CHIPS for rate_hz in _ASKED_HZ):
        r = _measure(chip, USUAL_BOARD[chip], rate_hz, options.seconds, options.seed)
        results.append(r)
        print(
            f"{r.chip:10} {r.rate_hz:7.1f} {r.samples:8} {r.lost:5} {r.bytes_per_sample:9.2f} {r.bus_share:9.1%} "
            f"{r.burst_us:8.0f} ({r.burst_p95_us:.0f}) {r.period_share:9.1%}",
            flush=True,
        )
    for chip in sorted({r.chip for r in results}):
        whole = [r.rate_hz for r in results if r.chip == chip and not r.lost]
        print(f"{chip}: highest rate with nothing lost {max(whole, default=0):g} Hz")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(r) for r in results], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
