"""Names that people give their sensors: kept by device id, found again, never in the way."""

import json

import pytest

from bartracker.errors import BartrackerError
from bartracker.known_sensors import KnownSensor, SensorBook, read_sensors, write_sensors

ONE = KnownSensor("aa01", "Rack 1", "bartracker-0001", "C0:00:00:00:00:01", True)
TWO = KnownSensor("bb02", "", "bartracker-0002", "C0:00:00:00:00:02")


def test_what_is_known_comes_back(tmp_path):
    path = tmp_path / "new" / "sensors.json"
    book = SensorBook((ONE, TWO))
    write_sensors(book, path)
    assert read_sensors(path) == book
    assert read_sensors(path).of("bb02").label == "bartracker-0002"


def test_a_sensor_is_known_by_address_then_by_a_name_of_its_own():
    book = SensorBook((ONE, TWO))
    assert book.heard("whatever", "c0:00:00:00:00:01") is ONE
    assert book.heard("bartracker-0002", "") is TWO
    assert book.heard("bartracker-0003", "C0:FF") is None
    twins = SensorBook((ONE, KnownSensor("cc03", "", "bartracker-0001")))
    assert twins.heard("bartracker-0001", "") is None


def test_a_given_name_opens_its_sensor_and_no_other():
    book = SensorBook((ONE, TWO))
    assert book.uri_of("ble://rack 1?rate_hz=400") == "ble://C0:00:00:00:00:01?rate_hz=400"
    for uri in ("ble://", "ble://bar-1", "sim://squat?reps=5", "set.btr"):
        assert book.uri_of(uri) == uri


@pytest.mark.parametrize("name", ["", "  ", "a" * 41, "a/b", "x\ny?"])
def test_a_name_that_cannot_be_used_is_refused_in_words(name):
    with pytest.raises(BartrackerError, match="cannot be used"):
        SensorBook((ONE,)).named("aa01", name)


def test_two_sensors_never_have_one_name():
    book = SensorBook((ONE, TWO))
    with pytest.raises(BartrackerError, match="another sensor of yours has it"):
        book.named("bb02", "rack 1")
    assert book.named("aa01", " RACK   1 ").of("aa01").name == "RACK 1"
    assert book.named("dd04", "Belt").of("dd04") == KnownSensor("dd04", "Belt")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"schema": "bartracker.sensors/2", "sensors": []}', '{"schema": "bartracker.sensors/1"}'],
)
def test_a_file_that_cannot_be_used_is_an_empty_book(tmp_path, text):
    path = tmp_path / "sensors.json"
    path.write_text(text)
    assert read_sensors(path) == SensorBook()


def test_entries_that_cannot_be_used_are_left_out(tmp_path):
    path = tmp_path / "sensors.json"
    entries = [3, {"name": "x"}, {"sensor_id": "a\nb"}, {"sensor_id": "ee05", "name": 4, "calibration_offered": 1}]
    path.write_text(json.dumps({"schema": "bartracker.sensors/1", "sensors": entries}))
    assert read_sensors(path) == SensorBook((KnownSensor("ee05"),))


@pytest.mark.parametrize("text", ['{"schema": "bartracker.sensors/2", "sensors": []}', "{", "[]"])
def test_a_file_of_another_kind_is_put_aside_not_overwritten(tmp_path, text):
    path = tmp_path / "sensors.json"
    path.write_text(text)
    write_sensors(SensorBook((ONE,)), path)
    assert read_sensors(path) == SensorBook((ONE,))
    assert (tmp_path / "sensors.json.unread").read_text() == text
    write_sensors(SensorBook((ONE, TWO)), path)
    assert (tmp_path / "sensors.json.unread").read_text() == text
