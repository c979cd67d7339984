"""What an update sends survives the wire; any bytes become a message or a WireError; whatever list of files the host
takes, the firmware takes too.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartracker.firmware_files import firmware_dir
from bartracker.wire import WireError
from bartracker.wire.commands import SetMode, Start, Stop, decode_control, encode_control
from bartracker.wire.gatt import CONTROL_UUID, UPDATE_UUID
from bartracker.wire.replies import ControlResult, decode_control_reply
from bartracker.wire.status import SensorMode
from bartracker.wire.update import (
    FirmwareFile,
    UpdateAbout,
    UpdateActivate,
    UpdateAsk,
    UpdateBegin,
    UpdateChunk,
    UpdatePhase,
    UpdatePosition,
    UpdatePositionAsk,
    UpdateProblem,
    decode_manifest,
    decode_update_about,
    decode_update_chunk,
    decode_update_position,
    encode_manifest,
    encode_update_about,
    encode_update_chunk,
    encode_update_position,
)

U8, U16, U32 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
SHA = st.binary(min_size=32, max_size=32)
NAMES = st.text("abcxyz019_", min_size=1, max_size=12)
PATHS = st.builds(
    lambda folder, name: f"bartracker_fw/{folder + '/' if folder else ''}{name}.mpy",
    st.one_of(st.just(""), NAMES),
    NAMES,
)
FILES = st.lists(st.builds(FirmwareFile, PATHS, st.integers(1, 32768), SHA), max_size=20, unique_by=lambda f: f.path)
WRITE_ENCRYPTED = 0x1000
MANIFESTS = st.tuples(st.sampled_from(["0.1.0", "12.34.56"]), st.just(6), st.integers(0, 63), FILES)
START = FirmwareFile("bartracker_fw/start.mpy", 20, bytes(32))


@settings(deadline=None, max_examples=50)
@given(st.builds(UpdateAbout, U16, U8, U8, U32, st.binary(min_size=8, max_size=8)))
def test_about_round_trip(about: UpdateAbout) -> None:
    assert decode_update_about(encode_update_about(about) + b"later") == about


@settings(deadline=None, max_examples=50)
@given(st.builds(UpdatePosition, st.sampled_from(UpdatePhase), st.sampled_from(UpdateProblem), U16, U32))
def test_position_round_trip(position: UpdatePosition) -> None:
    assert decode_update_position(encode_update_position(position)) == position


@settings(deadline=None, max_examples=50)
@given(st.builds(UpdateChunk, U16, U32, st.binary(min_size=1, max_size=240)))
def test_chunk_round_trip(chunk: UpdateChunk) -> None:
    assert decode_update_chunk(encode_update_chunk(chunk)) == chunk


@settings(deadline=None, max_examples=50)
@given(st.builds(UpdateBegin, U16, SHA), U8)
def test_begin_round_trip(begin: UpdateBegin, reference: int) -> None:
    assert decode_control(encode_control(begin, reference)) == (begin, reference)


def test_a_checksum_of_another_length_is_no_checksum() -> None:
    with pytest.raises(WireError):
        UpdateBegin(1, b"short")


@pytest.fixture(scope="session")
def read_on_sensor(firmware: Callable[[str], Any]) -> Callable[[bytes, int], tuple[list[Any], int]]:
    return firmware("manifest").read_manifest


@settings(deadline=None, max_examples=60)
@given(manifest=MANIFESTS)
def test_a_list_of_files_is_read_alike_on_both_sides(
    manifest: tuple[str, int, int, list[FirmwareFile]],
    read_on_sensor: Callable[[bytes, int], tuple[list[Any], int]],
) -> None:
    version, mpy_version, processor, files = manifest
    files = [file for file in files if file.path != START.path] + [START]
    raw = encode_manifest(version, mpy_version, processor, files)
    assert decode_manifest(raw) == (version, mpy_version, processor, files)
    read, problem = read_on_sensor(raw, mpy_version | processor << 10)
    assert problem == 0
    assert [FirmwareFile(*row) for row in read] == files


@settings(deadline=None, max_examples=100)
@given(
    raw=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: f"bartracker firmware 1\nversion 1\nmpy 6 10\n{text}\n".encode()),
    )
)
def test_any_bytes_are_refused_in_order(
    raw: bytes, read_on_sensor: Callable[[bytes, int], tuple[list[Any], int]]
) -> None:
    for decode in (decode_update_about, decode_update_position, decode_update_chunk, decode_control, decode_manifest):
        try:
            decode(raw)
        except WireError:
            continue
    files, problem = read_on_sensor(raw, 6 | 10 << 10)
    assert bool(files) is not bool(problem)


def test_host_and_sensor_know_the_same_limits(firmware: Callable[[str], Any]) -> None:
    folder = firmware_dir() / "bartracker_fw"
    text = "".join((folder / name).read_text(encoding="utf-8") for name in ("update.py", "manifest.py"))
    for line in ("_MOST_MANIFEST = const(8192)", "_MOST_FILES = const(80)", "_MOST_FILE = const(32768)"):
        assert line in text
    fw = firmware("update")
    assert list(UpdatePhase) == [fw.IDLE, fw.MANIFEST, fw.CHECKING, fw.RECEIVING, fw.READY]
    assert max(UpdateProblem) == fw.ON_TRIAL


def test_no_update_while_it_streams_or_records(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.stream()
    begin = UpdateBegin(500, bytes(32))
    assert sensor.command(begin) is ControlResult.NOT_NOW
    assert sensor.command(UpdateActivate()) is ControlResult.NOT_NOW
    assert sensor.command(UpdateAsk()) is ControlResult.DONE
    assert sensor.command(Stop()) is ControlResult.DONE
    assert sensor.command(SetMode(int(SensorMode.RECORDING))) is ControlResult.DONE
    assert sensor.command(begin) is ControlResult.NOT_NOW
    assert sensor.command(SetMode(int(SensorMode.IDLE))) is ControlResult.DONE
    # Nothing has come: there is nothing to switch to.
    assert sensor.command(UpdateActivate()) is ControlResult.REFUSED
    for raw in (
        b"\x0e\x01",
        b"\x0e\x01\x05\x00" + bytes(31),
        b"\x0e\x01\x05\x00" + bytes(33),
        b"\x0d\x01\x00",
        b"\x10\x01\x01",
    ):
        assert sensor.write(raw) is ControlResult.WRONG_LENGTH
    assert sensor.command(UpdatePositionAsk()) is ControlResult.DONE
    reply = decode_control_reply(sensor.ble.received(CONTROL_UUID)[-1])
    assert decode_update_position(reply.rest).phase is UpdatePhase.IDLE
    assert sensor.command(begin) is ControlResult.DONE
    # More parts than it keeps, and parts that are none: it goes on.
    for number in range(40):
        sensor.ble.write(
            UPDATE_UUID, encode_update_chunk(UpdateChunk(0, number * 10, bytes(10))) if number % 3 else b"x"
        )
    sensor.run(1.0)
    assert sensor.command(Start()) is ControlResult.DONE
    before = len(sensor.packets())
    sensor.run(1.0)
    assert len(sensor.packets()) > before + 5


def test_where_pairing_is_on_a_stranger_cannot_update(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.sensor.board.nvs["bartracker/pairing"] = "i1"
    sensor.boot()
    sensor.connect()
    services = {uuid: flags for _, own in sensor.ble.services for uuid, flags in own}
    assert services[UPDATE_UUID] == 0x04 | WRITE_ENCRYPTED
    for command in (UpdateAsk(), UpdateBegin(500, bytes(32))):
        sensor.ble.write(CONTROL_UUID, encode_control(command, 1))
        sensor.run(0.5)
    assert sensor.ble.received(CONTROL_UUID) == []
