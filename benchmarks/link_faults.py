"""How the whole chain fares on a bad radio, and for how long: the real firmware, Bumble, bleak and the link on virtual
time.

    python benchmarks/link_faults.py [--seeds 20] [--rate 400] [--json results.json]
    python benchmarks/link_faults.py --endurance 60

The first loses a fifth of all notifications at random and everything for 5 s every 20 s, over a set of squats, and
counts what is missing after it. The second streams for so many minutes with 2 % lost, with the heap locked
around every step of the firmware's loop from the 36th second on: one allocation in it would end the run.
"""

import argparse
import asyncio
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from bartracker.links.ble_link import BleLink
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sensor_link import SensorWishes
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import parse_uri
from bartracker.recording import read_recording
from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray, StampedBlock
from bartracker.sim.air import AirConditions, VirtualAir
from bartracker.sim.bleak_backend import virtual_backend
from bartracker.sim.peripheral import BumblePeripheral
from bartracker.sim.virtual_sensor import VirtualSensor
from bartracker.sim.virtual_time import VirtualTimeLoop, VirtualTimeRunner

_OUTAGES: Final = ",".join(f"{at}..{at + 5}" for at in range(10, 300, 20))
# main.py's loop. Once the start is over the heap is locked around every step of the stream: the first allocation would
# end it with a MemoryError. What the shims and the host's writes take comes in the pauses: `pauses` is by how much the
# heap grew in all from there to the end.
_MEASURED: Final = """
import gc, micropython, time
from bartracker_fw import boards, store
board = boards.load(store.board_name())
from bartracker_fw import app
sensor = app.App(board)
sensor.link.advertise(time.ticks_ms())
steps = 0
began = 0
seconds = 0
last = time.ticks_ms()
while seconds < {seconds}:
    now = time.ticks_ms()
    if time.ticks_diff(now, last) >= 1000:
        last = time.ticks_add(last, 1000)
        seconds += 1
    locked = sensor.streaming and seconds > 35
    if locked:
        began = began or gc.mem_alloc()
        micropython.heap_lock()
    sensor.step()
    pause_ms = sensor.pause_ms()
    if locked:
        micropython.heap_unlock()
        steps += 1
    time.sleep_ms(pause_ms)
print(steps, gc.mem_alloc() - began)
"""


@dataclass(frozen=True, slots=True)
class FaultResult:
    """One set. `missing`: samples, after the set, in the recording; `missing_live`: for the live view; `repeated`:
    packets that came twice.
    """

    seed: int
    seconds: float
    samples: int
    reconnects: int
    missing_live: int
    missing: int
    repeated: int
    wall_s: float


def _missing(blocks: list[StampedBlock]) -> int:
    index = np.concatenate([each.sample_index for each in blocks])
    return int(index[-1] - index[0]) + 1 - len(index)


def _bad_radio(seed: int, rate_hz: float) -> FaultResult:
    began_s = time.perf_counter()
    uri = f"sim://squat?reps=8&seed={seed}&rate_hz={rate_hz:g}&loss=0.2&outage={_OUTAGES}"
    link = SimLink(parse_sim(uri, parse_uri(uri)), given=uri, virtual_time=True)
    with TemporaryDirectory() as folder:
        path = Path(folder, "set.btr")
        link.record_to(LinkRecorder(path))
        live = [each for each in link.items() if isinstance(each, StampedBlock)]
        link.close()
        recording = read_recording(path)
    health = link.health()
    return FaultResult(
        seed=seed,
        seconds=round(sum(map(len, live)) / link.true_rate_hz, 1),
        samples=len(recording),
        reconnects=health.reconnects,
        missing_live=_missing(live),
        missing=_missing(list(recording.blocks)),
        repeated=health.statistics.repeated_packets,
        wall_s=round(time.perf_counter() - began_s, 1),
    )


class _Swing:
    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        swing = np.sin(t_s[:, None] * np.array([2.0, 3.0, 5.0]))
        return 10.0 * swing + np.array([0.0, 0.0, STANDARD_GRAVITY_MPS2]), 3.0 * swing


def _endure(minutes: float, rate_hz: float, seed: int) -> None:
    began_s = time.perf_counter()
    seconds = round(60 * minutes)
    loop = VirtualTimeLoop()
    samples = 0
    with VirtualAir(AirConditions(interval_s=0.03, loss=0.02, seed=seed), loop) as air:
        sensor = VirtualSensor(
            "xiao_esp32s3",
            "lsm6dsox",
            _Swing(),
            BumblePeripheral(air),
            clock=loop,
            seed=seed,
            program=_MEASURED.format(seconds=seconds + 20),
        )
        sensor.start()
        wishes = SensorWishes(rate_hz=rate_hz)
        runner = VirtualTimeRunner(loop)
        link = BleLink(wishes=wishes, backend=virtual_backend(air), now_s=loop.time, runner=runner)
        first = last = None
        for item in link.items():
            if not isinstance(item, StampedBlock):
                continue
            first = int(item.sample_index[0]) if first is None else first
            last = int(item.sample_index[-1])
            samples += len(item)
            if loop.time() > seconds:
                link.finish()
        link.close()
        while sensor.running:
            loop.run_until_complete(_sleep())
        steps, pauses = map(int, sensor.output.split())
        health = link.health()
        estimate = health.clock
        sensor.stop()
    loop.finish()
    assert first is not None
    assert last is not None
    print(f"{minutes:g} min at {rate_hz:g} Hz, 2 % lost: {samples} samples, {last - first + 1 - samples} missing")
    print(f"firmware: {steps} steps, not one allocation; {pauses} bytes between them by shims and host")
    if health.status is not None and health.status.rate_hz is not None:
        off = health.status.rate_hz / sensor.chip.true_rate_hz - 1
        print(f"rate by the device's clock: off by {off * 100:.4f} %")
    if estimate is not None:
        half_ms, rtt_ms = estimate.half_width_s * 1e3, estimate.shortest_rtt_s * 1e3
        print(f"clock: within {half_ms:.2f} ms, shortest round trip {rtt_ms:.1f} ms")
    print(f"{time.perf_counter() - began_s:.0f} s on this computer")


async def _sleep() -> None:
    await asyncio.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--rate", type=float, default=400.0, help="Hz")
    parser.add_argument("--endurance", type=float, metavar="MINUTES", help="stream for so long instead")
    parser.add_argument("--json", type=Path, help="also write the results here")
    options = parser.parse_args()
    if options.endurance is not None:
        _endure(options.endurance, options.rate, 1)
        return
    results: list[FaultResult] = []
    print("seed  set s  samples  reconnects  missing live  missing after  sent twice  wall s")
    for seed in range(1, options.seeds + 1):
        r = _bad_radio(seed, options.rate)
        results.append(r)
        print(
            f"{r.seed:4} {r.seconds:6.1f} {r.samples:8} {r.reconnects:11} {r.missing_live:13} {r.missing:14} "
            f"{r.repeated:11} {r.wall_s:7.1f}",
            flush=True,
        )
    print(f"all: {sum(r.samples for r in results)} samples, {sum(r.missing for r in results)} missing")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(r) for r in results], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
