"""`calibrate` and `check calibration` from the command line, through firmware, Bluetooth and files."""

import json
from pathlib import Path

import pytest
from table import HERE

from bartracker.calibration.guide import CalibrationGuide
from bartracker.cli import calibrate
from bartracker.cli.program import run
from bartracker.errors import BartrackerError
from bartracker.exchange import calibration_folder, read
from bartracker.exchange.calibration_json import read_calibration
from bartracker.links import LinkNotice, sim_link
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import parse_uri


class FastSim(SimLink):
    """The virtual sensor as fast as this computer can, and the same each time."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, virtual_time=True, **options)


RECORDINGS = Path(__file__).parents[1] / "recordings"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(autouse=True)
def own_folder(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration_folder, "folder", lambda: kept)


@pytest.fixture(autouse=True)
def in_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim_link, "SimLink", FastSim)


@pytest.fixture(scope="module")
def calibrated(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording of a calibration by hand; the result is kept for the sensor."""
    path = tmp_path_factory.mktemp("table") / "table.btr"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration_folder, "folder", lambda: kept)
        patch.setattr(sim_link, "SimLink", FastSim)
        uri = "sim://calibrate?user=hasty&seed=4&rate_hz=100"
        assert run(["calibrate", uri, "--latitude", "45.5", "--record", str(path)]) == 0
    return path


def test_it_is_kept_for_the_sensor_and_once_more_from_the_recording_gives_the_same(
    calibrated: Path, kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = kept.iterdir()
    made = read_calibration(file)
    assert made.sensor_id == read(calibrated).sensor_id
    assert (made.chip, made.gravity_mps2) == ("LSM6DSO/DSOX", HERE.value_mps2)
    assert json.loads(file.read_text())["quality"]["poses"] >= 10
    again = tmp_path / "again.json"
    assert run(["calibrate", str(calibrated), "--latitude", "45.5", "--output", str(again)]) == 0
    said = capsys.readouterr().out
    assert "good: force within" in said
    assert read_calibration(again).acc_bias_mps2.tolist() == made.acc_bias_mps2.tolist()


def test_a_set_of_that_sensor_uses_and_records_it(
    calibrated: Path, kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = kept.iterdir()
    path = tmp_path / "set.btr"
    uri = "sim://deadlift?reps=1&seed=4&rate_hz=100"
    assert run(["live", uri, "--headless", "--record", str(path), "--json", str(tmp_path / "live.json")]) == 0
    recording = read(path)
    assert recording.calibration_parameters is not None
    assert recording.metadata.calibration == "table"
    made = read_calibration(file)
    assert recording.calibration_parameters["acc_bias_mps2"] == made.acc_bias_mps2.tolist()
    for name, *options in (("same",), ("none", "--calibration", "none"), ("told", "--calibration", str(file))):
        assert run(["analyze", str(path), "--json", str(tmp_path / f"{name}.json"), *options]) == 0
    live, same, none, told = ((tmp_path / f"{name}.json").read_bytes() for name in ("live", "same", "none", "told"))
    assert live == same == told
    assert none != same
    capsys.readouterr()
    assert run(["check", "calibration", str(path)]) == 0
    assert "good" in capsys.readouterr().out


def test_another_sensor_is_refused_by_the_line(
    calibrated: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file,) = kept.iterdir()
    assert run(["analyze", str(RECORDINGS / "squat_partial.btr"), "--calibration", str(file), "--json", "-"]) == 1
    said = capsys.readouterr()
    assert "is of sensor 04000000b7010000, this one is" in said.err
    assert len(said.err.splitlines()) == 1


def test_an_uncalibrated_sensor_is_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "calibration", str(RECORDINGS / "demo_squat.btr")]) == 1
    assert "not calibrated" in capsys.readouterr().out


def led(uri: str) -> CalibrationGuide:
    link = FastSim(parse_sim(uri, parse_uri(uri)), given=uri)
    try:
        guide = CalibrationGuide(HERE, link.connect().nominal_rate_hz)
        for item in link.items():
            if not isinstance(item, LinkNotice):
                guide.push(item)
            if guide.fit is not None:
                break
        return guide
    finally:
        link.close()


@pytest.mark.parametrize("user", ["forgetful", "wobbly"])
def test_sloppy_people_get_there_through_the_firmware(user: str) -> None:
    guide = led(f"sim://calibrate?user={user}&seed=1&rate_hz=100&chip=mpu6886")
    assert guide.fit is not None
    assert guide.progress.elapsed_s < 180


def test_a_sensor_lost_in_the_middle_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    before = sorted(kept.iterdir())

    def broken(self: SimLink) -> object:
        yield from ()
        raise BartrackerError("sensor", "the connection is lost", "bring it near and try again")

    monkeypatch.setattr(SimLink, "items", broken)
    assert run(["calibrate", "sim://calibrate?rate_hz=100"]) == 1
    assert "the connection is lost; bring it near" in capsys.readouterr().err
    assert sorted(kept.iterdir()) == before


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["calibrate", "sim://calibrate?user=drunk"], 2, "give one of careful, hasty, wobbly, forgetful"),
        (["calibrate", "sim://calibrate?reps=3"], 2, "reps means nothing to a calibration"),
        (["calibrate", "sim://squat?user=hasty"], 2, "is for sim://calibrate"),
        (["calibrate", "--altitude", "500"], 2, "give --latitude too"),
        (["calibrate", "--latitude", "95"], 1, "give degrees from -90 to 90"),
        (["calibrate", "nowhere.btr"], 1, "no such file"),
        (["calibrate", str(RECORDINGS / "demo_squat.btr")], 1, "calibration: "),
        (["calibrate", str(RECORDINGS / "demo_squat.btr"), "--record", "x.btr"], 2, "is a recording already"),
        (["check", "weather"], 2, "give machine, sensor, calibration or noise"),
        (["check", "noise", str(RECORDINGS / "demo_squat.btr")], 1, "too short for an Allan deviation"),
        (["check", "calibration", "--bundle", "x.zip"], 2, "is of the machine"),
        (["analyze", "x.btr", "--calibration", "nowhere.json"], 1, "no such file"),
    ],
)
def test_wrong_use_is_one_line(args: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(args) == code
    said = capsys.readouterr().err.splitlines()
    assert words in said[-1], said


def test_the_status_line_tells_what_to_do() -> None:
    guide = CalibrationGuide(HERE, 100.0)
    assert calibrate.status_line(guide.progress).startswith("lay the sensor on a firm table and let go of it\nmoving")
