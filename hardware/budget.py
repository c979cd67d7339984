"""Battery life, weight and snap of each clip, with the formulas: `python hardware/budget.py` writes hardware/budget.md.

Currents come from currents.csv with their sources. Nothing here was measured.
"""

import csv
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clips import HERE, PETG_G_PER_MM3, HardwareError, Part, build_part, dimensions
from meshes import Mesh

REPORT = HERE / "budget.md"


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest that a figure may be."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.3g}-{self.high:.3g}"


@dataclass(frozen=True, slots=True)
class RadioMode:
    """What the firmware does to radio and processor.

    sending, receiving: share of time the radio must be on for. running: share of time one core works, at best and at
    worst.
    """

    name: str
    sending: float
    receiving: float
    running: Range


@dataclass(frozen=True, slots=True)
class PowerSettings:
    """What the battery table assumes.

    usable: share of the cell's rated capacity until 3.3 V, some years old. buck_efficiency: of one converter.
    cell_v, supply_v: mean voltages. burst_s: time between two looks at the FIFO (firmware, app.py). step_s: how long
    one such look keeps a core busy; unknown, so wide. packet_s: a full packet of 242 bytes on air at 1 Mbit/s, with
    headers. samples_per_packet: of a full packet. connection_interval_s: the host chooses it. event_s: radio time of a
    connection event besides the packets. advertising_s: firmware, link.py, after half a minute. advertisement_s: radio
    time of one.
    """

    usable: float = 0.85
    buck_efficiency: float = 0.9
    cell_v: float = 3.7
    supply_v: float = 3.3
    burst_s: float = 0.05
    step_s: Range = Range(0.005, 0.025)
    packet_s: float = 260 * 8e-6
    samples_per_packet: int = 19
    connection_interval_s: float = 0.03
    event_s: float = 0.0005
    advertising_s: float = 0.5
    advertisement_s: float = 0.002


@dataclass(frozen=True, slots=True)
class Sensor:
    """A reference board with its motion chip and cell. cargo: its name in clip.scad. `parts`: name to grams, source."""

    title: str
    cargo: str
    processor: str
    always: tuple[str, ...]
    capacity_mah: float
    parts: dict[str, tuple[float, str]]
    boosted: bool = False


_XIAO_PARTS = {
    "XIAO": (3.0, "estimated"),
    "motion chip's board": (2.0, "estimated"),
    "cell, 350 mAh": (7.9, "Adafruit 2750"),
    "switch, wires, screws": (3.0, "estimated"),
    "strap": (3.0, "estimated"),
}
_HELD = {"screws": (1.2, "estimated"), "strap": (3.0, "estimated")}
_STICK_S3 = {"M5StickS3": (20.0, "M5Stack"), **_HELD}
_STICK_PLUS2 = {"M5StickC Plus2": (16.9, "M5Stack, of the Plus"), **_HELD}
_ATOM = {"AtomS3R": (6.8, "M5Stack"), "Atomic Battery Base": (9.9, "M5Stack"), **_HELD}
_AROUND = ("breakout led", "battery divider")
SENSORS = (
    Sensor("XIAO ESP32S3, LSM6DSOX", "xiao", "esp32s3", ("lsm6dsox", *_AROUND), 350, _XIAO_PARTS),
    Sensor("XIAO ESP32C6, BMI270", "xiao", "esp32c6", ("bmi270", *_AROUND), 350, _XIAO_PARTS),
    Sensor("XIAO ESP32C6, ICM-42688-P", "xiao", "esp32c6", ("icm42688p", *_AROUND), 350, _XIAO_PARTS),
    Sensor("M5StickS3", "m5sticks3", "esp32s3", ("bmi270",), 250, _STICK_S3),
    Sensor("M5StickC Plus2", "m5stickc_plus2", "esp32", ("mpu6886",), 200, _STICK_PLUS2),
    Sensor(
        "AtomS3R with Atomic Battery Base", "atoms3r", "esp32s3", ("bmi270", "atomic base"), 200, _ATOM, boosted=True
    ),
)


def modes(settings: PowerSettings) -> list[RadioMode]:
    """What the firmware can be doing; it always samples."""
    running = Range(settings.step_s.low / settings.burst_s, settings.step_s.high / settings.burst_s)
    events = settings.event_s / settings.connection_interval_s
    advert = settings.advertisement_s / settings.advertising_s
    found = [
        RadioMode("waits to be found", advert / 2, advert / 2, running),
        RadioMode("connected", events / 4, events, running),
    ]
    for rate_hz in (208, 416):
        sending = rate_hz / settings.samples_per_packet * settings.packet_s
        found.append(RadioMode(f"streams at {rate_hz} Hz", sending + events / 4, events, running))
    return found


def read_currents(path: Path = HERE / "currents.csv") -> dict[str, Range]:
    """Milliamperes by item."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row["item"]: Range(float(row["low_ma"]), float(row["high_ma"])) for row in csv.DictReader(file)}


def cell_current_ma(sensor: Sensor, mode: RadioMode, currents: dict[str, Range], settings: PowerSettings) -> Range:
    """Mean current out of the cell.

    Low: the radio is off between its events. High: the receiver stays on between them, as it does where the Bluetooth
    controller does not sleep. Boards without a 5 V step are taken to have a linear regulator: what the 3.3 V draw, the
    cell gives.
    """
    chip = sensor.processor

    def total(side: str) -> float:
        def of(item: str) -> float:
            return float(getattr(currents[item], side))

        idle, receiving, sending = of(f"{chip} cpu idle"), of(f"{chip} radio receiving"), of(f"{chip} radio sending")
        running = float(getattr(mode.running, side))
        cpu = idle + running * (of(f"{chip} cpu running") - idle)
        listening = mode.receiving if side == "low" else 1 - mode.sending
        radio = mode.sending * (sending - idle) + listening * (receiving - idle)
        rest = sum(of(item) for item in sensor.always if item != "atomic base")
        supply = cpu + radio + rest
        if not sensor.boosted:
            return supply
        steps = settings.buck_efficiency**2
        return supply * settings.supply_v / (settings.cell_v * steps) + of("atomic base")

    return Range(total("low"), total("high"))


def life_h(sensor: Sensor, current_ma: Range, settings: PowerSettings) -> Range:
    """Hours from full to empty: capacity x usable share / current."""
    charge = sensor.capacity_mah * settings.usable
    return Range(charge / current_ma.high, charge / current_ma.low)


def battery_table(settings: PowerSettings | None = None) -> str:
    """Markdown: milliamperes and hours of every sensor in every mode."""
    given = settings or PowerSettings()
    currents = read_currents()
    named = modes(given)
    lines = ["| sensor | cell, mAh | " + " | ".join(f"{mode.name}: mA, h" for mode in named) + " |"]
    lines.append("|---" * (len(named) + 2) + "|")
    for sensor in SENSORS:
        cells: list[str] = []
        for mode in named:
            current = cell_current_ma(sensor, mode, currents, given)
            hours = life_h(sensor, current, given)
            cells.append(f"{current.low:.0f}-{current.high:.0f}, {hours.low:.1f}-{hours.high:.1f}")
        lines.append(f"| {sensor.title} | {sensor.capacity_mah:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Snap:
    """What an arm goes through when the clip is pushed on.

    strain: greatest, at the root. force_n: sideways at the tip of one arm.
    """

    strain: float
    force_n: float


PETG_MPA = 2000.0


def snap(sizes: dict[str, float], bar_mm: float) -> Snap:
    """An arm as a circular cantilever, pushed outwards at its tip by (1 - grip) / 2 of the bar's diameter.

    The sideways force F bends the section at angle a by M = F h, h = R (sin a - sin a_tip). Castigliano gives the push
    d = F / (E I) * integral of h^2 R da; the strain at the root is M t / (2 E I).
    Small deflections; no friction, no give of the web.
    """
    thickness = sizes["saddle"]
    radius = sizes["bore_r"] + thickness / 2
    angles = np.radians(np.linspace(-sizes["arm_tip"], sizes["arm_root"], 400))
    lever = radius * (np.sin(angles) - np.sin(angles[0]))
    compliance = float(np.trapezoid(lever**2 * radius, angles))
    push = bar_mm / 2 * (1 - sizes["grip"])
    inertia = sizes["arm_l"] * thickness**3 / 12
    return Snap(push * float(lever[-1]) * thickness / (2 * compliance), push * PETG_MPA * inertia / compliance)


@dataclass(frozen=True, slots=True)
class Balance:
    """Weight of a clip with all that is in it, g, its centre's way from the bar's axis, mm, and the printed share."""

    total_g: float
    printed_g: float
    from_axis_mm: float


def balance(sensor: Sensor, printed: dict[str, Mesh], sizes: dict[str, float]) -> Balance:
    """Weight from the meshes, printed solid in PETG, and the parts' own.

    What is inside is taken to sit in the middle of the pocket.
    """
    middle = sizes["floor_y"] + sizes["pocket_h"] / 2
    plastic = {name: mesh.volume_mm3 * PETG_G_PER_MM3 for name, mesh in printed.items()}
    strap = sensor.parts["strap"][0]
    inside = sum(grams for grams, _ in sensor.parts.values()) - strap
    moment = inside * middle + strap * sizes["strap_y"] / 2
    for name, mesh in printed.items():
        moment += plastic[name] * (middle if name == "sled" else float(mesh.centroid[1]))
    total = sum(plastic.values()) + inside + strap
    return Balance(total, sum(plastic.values()), moment / total)


def mechanics_table(scratch: Path) -> str:
    """Markdown: weight, centre, strain and push of every sensor on a shaft and on a sleeve."""
    heads = (
        "sensor",
        "bar, mm",
        "printed, g",
        "all, g",
        "centre from the bar's axis, mm",
        "strain of an arm, %",
        "push of an arm, N",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    done: set[str] = set()
    for sensor in SENSORS:
        if sensor.cargo in done:
            continue
        done.add(sensor.cargo)
        for bar_mm in (28.0, 50.0):
            names = ("body", "cap", "sled") if sensor.cargo == "xiao" else ("body", "cap")
            printed = {name: build_part(Part(name, sensor.cargo, bar_mm), scratch) for name in names}
            sizes = dimensions(Part("body", sensor.cargo, bar_mm))
            weight = balance(sensor, printed, sizes)
            bent = snap(sizes, bar_mm)
            title = "XIAO, either" if sensor.cargo == "xiao" else sensor.title
            lines.append(
                f"| {title} | {bar_mm:g} | {weight.printed_g:.0f} | {weight.total_g:.0f} | {weight.from_axis_mm:.0f} | "
                f"{100 * bent.strain:.1f} | {bent.force_n:.0f} |"
            )
    return "\n".join(lines)


def report(scratch: Path) -> str:
    """The text of budget.md."""
    given = PowerSettings()
    busy = f"{100 * given.step_s.low / given.burst_s:g} to {100 * given.step_s.high / given.burst_s:g} %"
    interval = f"{1000 * given.connection_interval_s:g} ms"
    return f"""# Battery life, weight, snap

Written by `python hardware/budget.py`; the formulas and assumptions are in that file, the currents with their sources
in [currents.csv](currents.csv). **Computed from data sheets, not measured.**

## Battery

Cell current = processor (idle + share of time it runs) + sending and receiving beyond idle, by their share of time
+ motion chip + what is always on. Hours = capacity x {given.usable:g} / current. The lower current has the radio off
between its events, the higher one has the receiver on all the time, as where the Bluetooth controller does not sleep.
Connection interval {interval}; the processor works {busy} of the time. Screens are off.

{battery_table()}

## Weight and snap

PETG, printed solid: an upper bound. An arm is a circular cantilever (`snap`), E = {PETG_MPA / 1000:g} GPa (assumed);
the tests hold its strain under 2 %. What no maker gives a weight for is estimated: `SENSORS` in budget.py names the
source of each.

{mechanics_table(scratch)}
"""


def main() -> None:
    """Write budget.md."""
    try:
        with tempfile.TemporaryDirectory() as scratch:
            REPORT.write_text(report(Path(scratch)), encoding="utf-8")
    except HardwareError as error:
        sys.exit(str(error))
    print(REPORT.name)


if __name__ == "__main__":
    main()
