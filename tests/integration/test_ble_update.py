"""Updates over Bluetooth: the real firmware in slots on a virtual board's file system, a Bluetooth stack without a
radio, virtual time. Whatever goes wrong, the sensor runs one of the two firmwares afterwards.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ble_gym import Gym
from fake_sensor import INFO
from slots import NEW, SETTINGS, Bench, package, put_by_hand, put_on

from bartracker.cli.program import run as bartracker
from bartracker.errors import BartrackerError
from bartracker.links.pair_sensor import PairSettings, SensorPairing
from bartracker.links.update_transfer import UpdateTransfer
from bartracker.sim.bleak_backend import virtual_backend
from bartracker.wire.update import FirmwarePackage, make_package

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")

Make = Callable[..., Bench]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Make]:
    """A flashed board on a radio; switched off at the end."""
    benches: list[Bench] = []

    def make(*, by_hand: bool = False, **options: object) -> Bench:
        folder = put_by_hand(tmp_path) if by_hand else put_on(tmp_path, package())
        benches.append(Bench.make(folder, **options))
        return benches[-1]

    yield make
    for each in benches:
        each.close()


def refusal(call: Callable[[], object]) -> str:
    """The one line that a refused update says."""
    with pytest.raises(BartrackerError) as caught:
        call()
    line = str(caught.value)
    assert "\n" not in line
    return line


def assert_runs(here: Bench, firmware: FirmwarePackage) -> None:
    """It has this firmware already, so nothing is to be done."""
    report = here.update(firmware)
    assert not report.updated
    assert report.after == firmware.version


def test_a_new_firmware_runs_and_is_kept(bench: Make) -> None:
    here = bench()
    report = here.update(package(NEW))
    assert report.updated
    assert (report.before, report.after) == (package().version, NEW)
    assert here.slot == "i1"
    # Only the file with the version differs; the rest is copied on the sensor.
    assert report.sent_bytes < len(package(NEW).manifest) + 300
    assert_runs(here, package(NEW))
    # And back: the other slot, and a restart by the switch.
    back = here.update(package())
    assert back.after == package().version
    assert here.slot == "i0"
    here.sensor.stop()
    assert_runs(here, package())


def test_a_paired_computer_updates_and_a_stranger_does_not(bench: Make) -> None:
    here = bench()
    here.sensor.start()
    pairing = SensorPairing(
        None,
        given="pair",
        now_s=here.loop.time,
        backend=virtual_backend(here.air),
        settings=PairSettings(link=SETTINGS.link),
    )
    state = here.loop.run_until_complete(pairing.switch_on())
    assert (state.on, state.hosts) == (True, 1)
    assert here.update(package(NEW)).after == NEW
    assert here.slot == "i1"
    here.loop.run_until_complete(asyncio.sleep(70.0))  # new computers are taken for a minute after a start
    here.loop.run_until_complete(here.air.become_another("C1:BA:00:00:00:99"))
    assert "paired" in refusal(lambda: here.update(package()))
    assert here.slot == "i1"


def test_a_board_flashed_by_hand(bench: Make) -> None:
    """Its package lies beside the slots, as source: all of the new one is sent."""
    here = bench(by_hand=True)
    report = here.update(package(NEW))
    assert report.after == NEW
    assert report.sent_bytes >= sum(map(len, package(NEW).contents.values()))
    assert here.slot == "i1"
    assert here.there == sorted(here.there)


def test_a_lost_connection_is_taken_up_where_it_was(bench: Make) -> None:
    here = bench(by_hand=True, drops_s=(0.6, 1.2, 3.0))
    whole = sum(map(len, [package(NEW).manifest, *package(NEW).contents.values()]))
    report = here.update(package(NEW))
    assert report.after == NEW
    # What was on its way when the connection was lost is sent again, and no more.
    assert whole < report.sent_bytes < whole + 3 * SETTINGS.window * 236


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("app.py", "import aioble"),
        ("start.py", "def run():\n    while True:\n        pass"),
        ("app.py", "def run(board):\n    import time\n    while True:\n        time.sleep_ms(100)"),
        ("control.py", "Control.execute = None"),
    ],
    ids=["does_not_import", "hangs", "no_bluetooth", "answers_nothing"],
)
def test_a_firmware_that_does_not_work_is_left(bench: Make, file: str, code: str) -> None:
    if "pass" in code:
        # The VM's own time stands still in an endless loop: the clock is what goes on.
        code = code.replace("pass", "__import__('time').sleep_ms(10)")
    here = bench()
    line = refusal(lambda: here.update(package(NEW, file, code)))
    assert "the new firmware did not run on it, and it went back to the old one" in line
    assert f"version {package().version}" in line
    assert here.slot == "i0"
    assert_runs(here, package())
    assert here.update(package(NEW)).after == NEW


def test_power_cuts_on_the_way(bench: Make) -> None:
    """The host goes on by itself when the sensor is back; what was there by then need not come again."""
    here = bench()
    switched: list[int] = []
    here.on_say = lambda text: switched.append(here.drive.written) if "restarts" in text else None
    here.update(package(NEW))
    switch = switched[0] - 1
    for cut in (switch // 3, switch - len(package(NEW).manifest) // 2, switch - 1, switch, switch + 1):
        here.flash_again(package(), cut_after=cut)
        carer = here.loop.create_task(here.switch_on_again())
        report = here.update(package(NEW))
        carer.cancel()
        assert report.after == NEW
        assert here.slot == "i1"
        assert here.drive.cut_after is None, cut


def test_wrong_firmwares_are_refused_and_change_nothing(bench: Make) -> None:
    here = bench()
    contents = package(NEW).contents
    other_arch = {**contents, "bartracker_fw/wire.mpy": b"M\x06" + bytes([11 << 2 | 3, 31]) + bytes(40)}
    big = {**contents, "bartracker_fw/big.mpy": b"M" * 32_000}
    huge = {**contents, **{f"bartracker_fw/big{n}.mpy": b"M\x06\x00\x1f" * 8_000 for n in range(30)}}
    assert here.update(package()).updated is False
    before = {path: path.read_bytes() for path in here.folder.rglob("*") if path.is_file()}
    for firmware, words in (
        (make_package(NEW, 6, 11, contents), "another processor or MicroPython"),
        (make_package(NEW, 5, 0, contents), "another processor or MicroPython"),
        (make_package(NEW, 6, 0, huge), "no room for a second firmware"),
    ):
        assert words in refusal(lambda firmware=firmware: here.update(firmware))
        assert {path: path.read_bytes() for path in here.folder.rglob("*") if path.is_file()} == before
    # What shows only in the file itself.
    for wrong in (other_arch, big):
        assert "another processor" in refusal(lambda wrong=wrong: here.update(make_package(NEW, 6, 0, wrong)))
    init = "bartracker_fw/__init__.mpy"
    fresh = package("9.8.8")
    damaged = replace(fresh, contents={**fresh.contents, init: bytes(reversed(fresh.contents[init]))})
    assert "what arrives there is damaged" in refusal(lambda: here.update(damaged))
    assert here.slot == "i0"
    assert_runs(here, package())


def test_an_empty_battery_refuses(bench: Make) -> None:
    here = bench(battery_mv=3500)
    assert "its battery is too low for an update; charge it" in refusal(lambda: here.update(package(NEW)))
    assert_runs(here, package())


@pytest.mark.parametrize("minor", [0, 1])
def test_an_older_sensor_is_refused_in_words(gym: Gym, minor: int) -> None:
    gym.sensor(info=replace(INFO, protocol_minor=minor))
    work = UpdateTransfer(
        None, lambda _: package(), backend=gym.backend, now_s=time.monotonic, say=print, settings=SETTINGS
    )
    line = refusal(lambda: asyncio.run(work.run()))
    assert "its firmware 0.1.0 cannot be updated over Bluetooth; plug it in and run bartracker flash once" in line


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert bartracker(["update", "set.btr://x"]) == 2
    assert "is no sensor" in capsys.readouterr().err
    assert bartracker(["update", "sim://rest?speed=4"]) == 0
    captured = capsys.readouterr()
    assert "the sensor restarts with the new firmware" in captured.err
    assert "firmware 0." in captured.out
