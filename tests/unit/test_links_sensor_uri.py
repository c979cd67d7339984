"""URIs of sensors, real and virtual: what is asked for, and one line that names what would be valid. No radio."""

import subprocess
import sys

import pytest

from bartracker.links import UriError, open_link
from bartracker.links.ble_link import BleLink
from bartracker.links.link import PlaybackLink
from bartracker.links.sensor_link import LinkState, SensorLink
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import SimWish, parse_sim
from bartracker.links.uri import parse_uri
from bartracker.recording import RecordingMetadata
from bartracker.sim.plan import SetWish, Tempo


def sim(uri: str) -> SimWish:
    return parse_sim(uri, parse_uri(uri))


def test_a_sensor_is_not_searched_for_by_opening_its_uri() -> None:
    metadata = RecordingMetadata(exercise="bench", load_kg=80.0)
    link = open_link("ble://Bar%201?rate_hz=416&acc_range_g=16&gyr_range_dps=2000&find_s=3", metadata=metadata)
    assert isinstance(link, BleLink)
    assert isinstance(link, SensorLink)
    assert not isinstance(link, PlaybackLink)
    assert link.metadata == metadata
    assert link.label.startswith("ble://Bar%201")
    assert link.health().state is LinkState.SEARCHING
    link.close()


def test_the_virtual_set_says_what_it_is() -> None:
    link = open_link("sim://squat?reps=2&seed=3&load_kg=100")
    assert isinstance(link, SimLink)
    assert (link.metadata.exercise, link.metadata.load_kg, link.metadata.source) == ("squat", 100.0, "simulated")
    assert link.label == "virtual squat"
    link.close()
    assert list(link.items()) == []


def test_what_the_user_says_wins_over_the_virtual_set() -> None:
    link = open_link("sim://squat", metadata=RecordingMetadata(exercise="row", load_kg=1.0))
    assert (link.metadata.exercise, link.metadata.load_kg) == ("row", 1.0)


def test_every_parameter_of_a_virtual_set() -> None:
    assert sim("sim://squat") == SimWish(SetWish("squat"))
    assert sim(
        "sim://Bench?reps=6&load_kg=90.5&seed=7&tempo=3-1-X-0&touch_and_go=no&partial=2,4&failed=6&fast_eccentric=3"
        "&forward_drift_m=0.02&velocity_loss=0.05&mount=sleeve&chip=mpu6886&rate_hz=100&loss=0.1&outage=3..8,12..13"
        "&drop=20&interval_ms=7.5&mtu=100&speed=4".replace("Bench", "bench")
    ) == SimWish(
        SetWish(
            "bench",
            reps=6,
            load_kg=90.5,
            tempo=Tempo.parse("3-1-X-0"),
            touch_and_go=False,
            partial=(2, 4),
            failed=(6,),
            fast_eccentric=(3,),
            forward_drift_m=0.02,
            velocity_loss=0.05,
        ),
        mount="sleeve",
        seed=7,
        chip="mpu6886",
        board="m5stickc_plus2",
        rate_hz=100.0,
        loss=0.1,
        outages_s=((3.0, 8.0), (12.0, 13.0)),
        drops_s=(20.0,),
        interval_s=0.0075,
        mtu=100,
        speed=4.0,
    )


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("sim://curl", "exercise 'curl' the virtual lifter does not know it; choose one of squat, bench"),
        ("sim://", "exercise ''"),
        ("sim://squat?rep=5", "the parameter 'rep' is unknown; known here: reps, load_kg, seed, tempo"),
        ("sim://squat?reps=0", "reps=0 is not possible; give a whole number from 1 to 50"),
        ("sim://squat?reps=five", "reps=five is not possible; give a whole number from 1 to 50"),
        ("sim://squat?load_kg=500", "load 500 kg is out of the virtual lifter's range in the squat; give more than 0"),
        ("sim://squat?load_kg=nan", "load_kg=nan is not possible; give 1 to 600 kg"),
        ("sim://squat?tempo=slow", "tempo=slow is not four digits; give eccentric-pause-concentric-pause"),
        ("sim://squat?touch_and_go=perhaps", "touch_and_go=perhaps is not possible; give yes or no"),
        ("sim://squat?partial=9", "partial rep 9 there is no such rep; give numbers from 1 to 5"),
        ("sim://squat?mount=hip", "mount=hip is not possible; give one of shaft, sleeve"),
        ("sim://squat?chip=bmi999", "chip=bmi999 is not possible; give one of lsm6dso, lsm6dsox, mpu6886"),
        ("sim://squat?board=toaster", "give one of xiao_esp32s3, xiao_esp32c6, m5sticks3, m5stickc_plus2, atoms3r"),
        ("sim://squat?rate_hz=5", "rate_hz=5 is not possible; give 25 to 1000 Hz"),
        ("sim://squat?loss=1", "loss=1 is not possible; give 0 to 0.9, the share of packets lost"),
        ("sim://squat?outage=5", r"outage=5 is not possible; give from\.\.to in seconds"),
        ("sim://squat?outage=5..4", "outage=5..4 is not possible"),
        ("sim://squat?mtu=1000", "mtu=1000 is not possible; give a whole number from 23 to 517"),
        ("sim://rest?reps=3", "reps means nothing to a sensor at rest; give seconds=120"),
        ("sim://squat?seconds=3", "seconds=3 is for sim://rest; leave it out"),
        ("sim://rest?seconds=0", "seconds=0 is not possible; give 1 to 86400 s"),
        ("ble://bar?rate=200", "the parameter 'rate' is unknown; known here: rate_hz, acc_range_g"),
        ("ble://bar?rate_hz=fast", "rate_hz=fast is not a number"),
        ("ble://bar?acc_range_g=1.5", "acc_range_g=1.5 is not a whole number"),
        ("ble://bar?rate_hz=-1", "rate_hz=-1 is not possible; give a positive number"),
    ],
)
def test_wrong_uris_are_refused_in_one_line(uri: str, words: str) -> None:
    with pytest.raises(UriError, match=words) as caught:
        open_link(uri)
    assert str(caught.value).startswith(f"{uri}: ")
    assert "\n" not in str(caught.value)


def test_files_do_not_wait_for_bluetooth_to_load() -> None:
    code = "import bartracker.links, sys; sys.exit(any(m in sys.modules for m in ('bleak', 'bumble', 'wasmtime')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_simulator_is_one_line() -> None:
    code = (
        "import sys; sys.modules['bumble'] = None\n"
        "from bartracker.links import open_link\n"
        "try:\n    open_link('sim://row').connect()\n"
        "except ValueError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "sim://row: the simulator's package bumble is missing; pip install bartracker[sim]\n"
