"""The calibration as a file and as a part of a recording: the same numbers come back, whatever cannot be used is one
line.
"""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import bartracker
from bartracker.api import settings_for
from bartracker.calibration import IDENTITY, Calibration
from bartracker.calibration.model import LATER_ACC_BIAS_MPS2, PARAMETERS
from bartracker.errors import BartrackerError
from bartracker.exchange import calibration_folder
from bartracker.exchange.calibration_json import (
    calibration_schema,
    calibration_to_json,
    parse_calibration,
    read_calibration,
    write_calibration,
)
from bartracker.recording import RecordingMetadata, RecordingWriter, read_recording
from bartracker.wire import SensorInfo

EXAMPLES = sorted((Path(__file__).parents[2] / "calibration" / "examples").glob("*.json"))
RECORDING = Path(__file__).parents[1] / "recordings" / "squat_partial.btr"
SENSOR = bytes.fromhex("0b000000b7010000")


def made(**changes: object) -> Calibration:
    rng = np.random.default_rng(0)
    half = rng.normal(0, 1e-3, (PARAMETERS, PARAMETERS))
    calibration = Calibration(
        name="table",
        acc_matrix=np.eye(3) + rng.normal(0, 0.01, (3, 3)),
        acc_bias_mps2=rng.normal(0, 0.2, 3),
        gyr_matrix=np.eye(3) + rng.normal(0, 0.01, (3, 3)),
        gyr_bias_radps=rng.normal(0, 0.02, 3),
        gyr_per_acc=rng.normal(0, 1e-4, (3, 3)),
        covariance=half @ half.T,
        gravity_mps2=9.807,
        sensor_id=SENSOR.hex(),
        chip="LSM6DSO/DSOX",
        made_utc="2026-01-02T03:04:05+00:00",
        temperature_degc=24.5,
    )
    return replace(calibration, **changes)


def assert_same(one: Calibration, other: Calibration) -> None:
    for name in ("acc_matrix", "acc_bias_mps2", "gyr_matrix", "gyr_bias_radps", "gyr_per_acc"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    assert np.allclose(one.covariance, other.covariance, rtol=1e-5, atol=0)
    for name in ("name", "gravity_mps2", "sensor_id", "chip", "made_utc", "temperature_degc"):
        assert getattr(one, name) == getattr(other, name)


def test_a_file_comes_back_the_same_and_obeys_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "sensor.json"
    write_calibration(made(), path, {"poses": 10, "chi_square": 0.5})
    assert_same(read_calibration(path), made())
    jsonschema.validate(json.loads(path.read_text()), calibration_schema())
    assert calibration_to_json(made()) == calibration_to_json(made())


def test_correcting_undoes_the_errors() -> None:
    calibration = made()
    rng = np.random.default_rng(1)
    acc, gyr = rng.normal(0, 10, (50, 3)), rng.normal(0, 3, (50, 3))
    measured = acc @ calibration.acc_matrix.T + calibration.acc_bias_mps2
    turned = gyr @ calibration.gyr_matrix.T + calibration.gyr_bias_radps + acc @ calibration.gyr_per_acc.T
    for found, true in zip(calibration.corrected(measured, turned), (acc, gyr), strict=True):
        assert np.abs(found - true).max() < 1e-12


def test_sigmas_of_a_later_session_and_of_none() -> None:
    calibration = made(covariance=np.zeros((PARAMETERS, PARAMETERS)))
    assert calibration.acc_bias_sigma_mps2 == pytest.approx([LATER_ACC_BIAS_MPS2] * 3)
    assert calibration.acc_matrix_sigma.shape == calibration.gyr_matrix_sigma.shape == (3, 3)
    assert IDENTITY.acc_bias_sigma_mps2 is None
    assert IDENTITY.gyr_matrix_sigma is None


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_calibrations(path: Path) -> None:
    assert np.linalg.eigvalsh(read_calibration(path).covariance).min() > -1e-9
    jsonschema.validate(json.loads(path.read_text()), calibration_schema())


def test_there_are_examples() -> None:
    assert EXAMPLES


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is no calibration"),
        ('{"schema": "bartracker.analysis/1"}', "is no calibration"),
        ('{"schema": "bartracker.calibration/2"}', "is of version 2; update the program"),
        (calibration_to_json(made()).replace("9.807", "9.808"), "checksum is wrong"),
        (calibration_to_json(made())[:-100], "is no JSON"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(BartrackerError, match=problem) as caught:
        read_calibration(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("acc_matrix", [[1, 0, 0]], r"acc_matrix is not \(3, 3\)"),
        ("gyr_bias_radps", ["x", 0, 0], "no numeric gyr_bias_radps"),
        ("acc_matrix", [[9, 0, 0], [0, 1, 0], [0, 0, 1]], "further than 50 %"),
        ("covariance", [1.0], r"covariance is not \(300,\)"),
        ("covariance", [-1.0] * 300, "negative variance"),
        ("gravity_mps2", 3.7, "not of this earth"),
        ("sensor_id", 7, "sensor_id is not text"),
        ("temperature_degc", "warm", "no numeric temperature_degc"),
    ],
)
def test_values_that_cannot_be(key: str, value: object, problem: str) -> None:
    with pytest.raises(BartrackerError, match=problem):
        Calibration.from_dict("x.json", made().to_dict() | {key: value})


def test_a_dictionary_is_no_calibration_of_another_kind() -> None:
    with pytest.raises(BartrackerError, match="is no calibration"):
        parse_calibration("text", "x.json")


def test_the_folder_keeps_one_for_each_sensor_and_the_older_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration_folder, "folder", lambda: tmp_path / "calibrations")
    assert calibration_folder.find_calibration(SENSOR.hex()) is None
    calibration_folder.keep_calibration(made())
    newer = made(made_utc="2026-02-02T00:00:00+00:00", temperature_degc=20.0)
    path = calibration_folder.keep_calibration(newer)
    assert_same(calibration_folder.find_calibration(SENSOR.hex()), newer)
    assert sorted(file.name for file in path.parent.iterdir()) == [
        f"{SENSOR.hex()}.20260102T030405.json",
        f"{SENSOR.hex()}.json",
    ]
    with pytest.raises(BartrackerError, match="give --output"):
        calibration_folder.keep_calibration(made(sensor_id=None))


def test_a_file_put_under_another_sensors_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration_folder, "folder", lambda: tmp_path)
    write_calibration(made(), calibration_folder.path_of("ff"))
    with pytest.raises(BartrackerError, match="is of sensor 0b000000b7010000, this one is ff"):
        calibration_folder.find_calibration("ff")


def test_a_recording_keeps_raw_counts_and_the_calibration_in_use(tmp_path: Path) -> None:
    info = SensorInfo(1, 16, 2000, 0.0047856, 0.0012217, 100.0, device_id=SENSOR)
    path = tmp_path / "a.btr"
    with RecordingWriter.create(path, RecordingMetadata(calibration="table"), info, made().to_dict()):
        pass
    recording = read_recording(path)
    assert recording.sensor_id == SENSOR.hex()
    used = settings_for(recording).calibration
    assert_same(used, made())
    assert settings_for(recording).motion.gravity_mps2 == 9.807
    # Calibrated anew later, or not at all.
    assert settings_for(recording, calibration=made(gravity_mps2=9.81)).motion.gravity_mps2 == 9.81
    assert settings_for(recording, calibration=IDENTITY).calibration is IDENTITY
    with pytest.raises(BartrackerError, match="is of sensor 00ff, this one is 0b000000b7010000"):
        settings_for(recording, calibration=made(sensor_id="00ff"))


def test_another_calibration_gives_another_analysis() -> None:
    recording = bartracker.read(RECORDING)
    sensor_id = recording.sensor_id
    other = Calibration("x", np.eye(3) * 1.05, np.zeros(3), np.eye(3), np.zeros(3), sensor_id=sensor_id)
    plain = bartracker.analyze(recording, exercise="squat").sets[0].reps[0].mean_velocity_mps
    scaled = bartracker.analyze(recording, exercise="squat", calibration=other).sets[0].reps[0].mean_velocity_mps
    assert plain != scaled
