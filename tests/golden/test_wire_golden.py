"""Golden vectors of wire protocol v1: those in tests/golden/wire_v1.json never change, a minor version adds its own; a
firmware or host that disagrees with them is wrong.

`python tests/golden/test_wire_golden.py` (with host/ on the path) adds the vectors of `_write` that the file lacks.
"""

import json
import re
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bartracker.wire import (
    DataPacket,
    PacketFlags,
    SensorInfo,
    commands,
    decode_data_packet,
    decode_info,
    encode_data_packet,
    encode_info,
    gatt,
    kept,
    log,
    update,
)
from bartracker.wire.commands import (
    ControlCommand,
    Cue,
    Fetch,
    Heartbeat,
    Identify,
    LogEntry,
    LogErase,
    LogRead,
    SetMode,
    SetRange,
    SetRate,
    Start,
    Stop,
    decode_control,
    encode_control,
)
from bartracker.wire.pairing import SetPairing
from bartracker.wire.replies import ControlReply, ControlResult, decode_control_reply, encode_control_reply
from bartracker.wire.status import (
    ResetCause,
    SensorFault,
    SensorMode,
    SensorRemarks,
    SensorState,
    Status,
    decode_status,
    encode_status,
)
from bartracker.wire.time_sync import (
    TimeSyncReply,
    TimeSyncRequest,
    decode_time_sync_reply,
    decode_time_sync_request,
    encode_time_sync_reply,
    encode_time_sync_request,
)

FILE = Path(__file__).with_name("wire_v1.json")


def _data_fields(packet: DataPacket) -> dict[str, Any]:
    return {
        "counter": packet.counter,
        "first_index": packet.first_index,
        "device_time_us": packet.device_time_us,
        "flags": [flag.name for flag in PacketFlags if flag in packet.flags],
        "epoch": packet.epoch,
        "counts": packet.counts.tolist(),
    }


def _data(fields: dict[str, Any]) -> DataPacket:
    flags = PacketFlags.NONE
    for name in fields["flags"]:
        flags |= PacketFlags[name]
    counts = np.array(fields["counts"], dtype=np.int16)
    return DataPacket(
        fields["counter"], fields["first_index"], fields["device_time_us"], counts, flags, fields["epoch"]
    )


# Fields that came with a later minor version, and what they are in messages before it.
LATER = {"detail": 0, "rest": b"", "mode": None, "remarks": None, "log_used": None, "log_blocks": None}
LATER |= {"heap_kib": None, "reset_cause": None, "slot": None}


def _fields(message: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in type(message).__slots__:
        value = getattr(message, name)
        newest = name in ("heap_kib", "slot") and getattr(message, "reset_cause", None) is not None
        if not isinstance(message, SetMode) and not newest and name in LATER and value == LATER[name]:
            continue
        values[name] = value.hex() if isinstance(value, bytes) else value.name if isinstance(value, IntEnum) else value
        if isinstance(value, SensorRemarks):
            values[name] = int(value)
        if isinstance(value, tuple):
            values[name] = [list(each) if isinstance(each, tuple) else each for each in value]
    return values


def _info(fields: dict[str, Any]) -> SensorInfo:
    values = fields | {name: tuple(fields[name]) for name in ("axis_map", "firmware")}
    return SensorInfo(**values | {"device_id": bytes.fromhex(fields["device_id"])})


def _status(fields: dict[str, Any]) -> Status:
    values = fields | {"state": SensorState[fields["state"]], "fault": SensorFault[fields["fault"]]}
    if "mode" in fields:
        values |= {"mode": SensorMode[fields["mode"]], "remarks": SensorRemarks(fields["remarks"])}
    if "reset_cause" in fields:
        values["reset_cause"] = ResetCause[fields["reset_cause"]]
    return Status(**values)


def _reply(fields: dict[str, Any]) -> ControlReply:
    rest = bytes.fromhex(fields.get("rest", ""))
    return ControlReply(**fields | {"result": ControlResult[fields["result"]], "rest": rest})


def _control(fields: dict[str, Any]) -> tuple[ControlCommand, int]:
    values = dict(fields)
    name = values.pop("command")
    kind = getattr(commands, name, None) or getattr(update, name, None) or getattr(kept, name)
    reference = values.pop("reference")
    if "manifest_sha256" in values:
        values["manifest_sha256"] = bytes.fromhex(values["manifest_sha256"])
    if "data" in values:
        values["data"] = bytes.fromhex(values["data"])
    if "spans" in values:
        values["spans"] = tuple((first, samples) for first, samples in values["spans"])
    return kind(**values), reference


def _control_fields(message: tuple[ControlCommand, int]) -> dict[str, Any]:
    command, reference = message
    return {"command": type(command).__name__, "reference": reference} | _fields(command)


def _manifest(fields: dict[str, Any]) -> tuple[str, int, int, list[update.FirmwareFile]]:
    files = [update.FirmwareFile(path, size, bytes.fromhex(digest)) for path, size, digest in fields["files"]]
    return fields["version"], fields["mpy_version"], fields["processor"], files


def _manifest_fields(manifest: tuple[str, int, int, list[update.FirmwareFile]]) -> dict[str, Any]:
    version, mpy_version, processor, files = manifest
    rows = [[file.path, file.size, file.sha256.hex()] for file in files]
    return {"version": version, "mpy_version": mpy_version, "processor": processor, "files": rows}


# name of the message: fields -> object, object -> fields, object -> bytes, bytes -> object
CODECS: dict[str, tuple[Any, Any, Any, Any]] = {
    "info": (_info, _fields, encode_info, decode_info),
    "data": (_data, _data_fields, encode_data_packet, decode_data_packet),
    "control": (_control, _control_fields, lambda c: encode_control(*c), decode_control),
    "control_reply": (_reply, _fields, encode_control_reply, decode_control_reply),
    "status": (_status, _fields, encode_status, decode_status),
    "log_listing": (lambda f: log.LogListing(**f), _fields, log.encode_log_listing, log.decode_log_listing),
    "update_about": (
        lambda f: update.UpdateAbout(**f | {"manifest_start": bytes.fromhex(f["manifest_start"])}),
        _fields,
        update.encode_update_about,
        update.decode_update_about,
    ),
    "update_position": (
        lambda f: update.UpdatePosition(
            update.UpdatePhase[f["phase"]], update.UpdateProblem[f["problem"]], f["file"], f["offset"]
        ),
        _fields,
        update.encode_update_position,
        update.decode_update_position,
    ),
    "update_chunk": (
        lambda f: update.UpdateChunk(**f | {"data": bytes.fromhex(f["data"])}),
        _fields,
        update.encode_update_chunk,
        update.decode_update_chunk,
    ),
    "update_manifest": (_manifest, _manifest_fields, lambda m: update.encode_manifest(*m), update.decode_manifest),
    "log_part": (
        lambda f: log.LogPart(**f | {"data": bytes.fromhex(f["data"])}),
        _fields,
        log.encode_log_part,
        log.decode_log_part,
    ),
    "log_block": (
        lambda f: log.LogBlock(
            **f | {"info": bytes.fromhex(f["info"]), "packets": tuple(bytes.fromhex(each) for each in f["packets"])}
        ),
        lambda block: _fields(block) | {"packets": [each.hex() for each in block.packets]},
        log.encode_log_block,
        log.decode_log_block,
    ),
    "time_sync_request": (
        lambda f: TimeSyncRequest(**f),
        _fields,
        encode_time_sync_request,
        decode_time_sync_request,
    ),
    "time_sync_reply": (lambda f: TimeSyncReply(**f), _fields, encode_time_sync_reply, decode_time_sync_reply),
}


def _vectors() -> list[dict[str, Any]]:
    return json.loads(FILE.read_text(encoding="utf-8"))["vectors"]


@pytest.mark.parametrize("vector", _vectors() if FILE.exists() else [], ids=lambda v: v["name"])
def test_vector(vector: dict[str, Any]) -> None:
    build, fields_of, encode, decode = CODECS[vector["message"]]
    raw = bytes.fromhex(vector["hex"])
    assert encode(build(vector["fields"])) == raw
    assert fields_of(decode(raw)) == vector["fields"]


def test_every_message_has_a_vector() -> None:
    assert {vector["message"] for vector in _vectors()} == set(CODECS)


def test_every_example_in_the_documentation_is_a_vector() -> None:
    text = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    known = {vector["hex"] for vector in _vectors()}
    assert len(blocks) == 6
    for block in blocks:
        joined = "".join(block.split())
        lines = {"".join(line.split()) for line in block.splitlines()}
        assert joined in known or lines <= known, block
    uuids = {gatt.SERVICE_UUID, gatt.INFO_UUID, gatt.CONTROL_UUID, gatt.DATA_UUID}
    assert uuids | {gatt.STATUS_UUID, gatt.TIME_SYNC_UUID, gatt.LOG_UUID, gatt.UPDATE_UUID} == set(
        re.findall(r"`(3c08[0-9a-f-]*)`", text)
    )


def _write() -> None:
    ramp = (np.arange(19 * 6, dtype=np.int32).reshape(19, 6) * 577 - 32768).astype(np.int16)
    info = SensorInfo(
        chip_id=1,
        acc_range_g=16,
        gyr_range_dps=2000,
        acc_mps2_per_count=0.004785645,
        gyr_radps_per_count=0.0012217305,
        nominal_rate_hz=208.0,
        axis_map=(2, -1, 3),
        firmware=(0, 3, 1),
        boot_count=0x1235,
        device_id=bytes.fromhex("a0b1c2d3e4f50000"),
        att_mtu=247,
        ring_packets=256,
    )
    one = np.array([[1, -2, 2048, -32768, 32767, 0]], dtype=np.int16)
    full = PacketFlags.GAP | PacketFlags.FIFO_OVERFLOW | PacketFlags.ACC_CLIPPED | PacketFlags.GYR_CLIPPED
    status = Status(SensorState.STREAMING, 3912, 71, SensorFault.NONE, 0, 123456, 6498, 0, 12, 211.25, 31.5, 3)
    unknown = Status(SensorState.FAULT, None, None, SensorFault.IMU_SILENT, 0, 0, 0, 0, 0, None, None, 0)
    cases: list[tuple[str, str, Any]] = [
        ("info of a LSM6DSO, clip turned a quarter", "info", info),
        (
            "one sample, clipped",
            "data",
            DataPacket(0, 0, 1_000_000, one, PacketFlags.ACC_CLIPPED | PacketFlags.GYR_CLIPPED),
        ),
        (
            "nineteen samples after a gap, all counters about to wrap",
            "data",
            DataPacket(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, ramp, full, 3),
        ),
        ("from the ring, second epoch", "data", DataPacket(258, 66051, 67305985, ramp[:2], PacketFlags.BACKLOG, 1)),
        ("start live", "control", (Start(), 1)),
        ("start from a sample", "control", (Start(4660), 2)),
        ("stop", "control", (Stop(), 3)),
        ("rate", "control", (SetRate(416.0), 4)),
        ("range", "control", (SetRange(16, 2000), 5)),
        ("identify", "control", (Identify(3), 6)),
        ("heartbeat", "control", (Heartbeat(10), 255)),
        ("done", "control_reply", ControlReply(1, 1, ControlResult.DONE)),
        ("refused", "control_reply", ControlReply(3, 4, ControlResult.NOT_NOW)),
        ("streaming", "status", status),
        ("knows nothing", "status", unknown),
        ("host asks", "time_sync_request", TimeSyncRequest(7, 1_700_000_000_123_456)),
        ("device answers", "time_sync_reply", TimeSyncReply(7, 1_700_000_000_123_456, 4294967290, 84)),
        ("info of a 1.1 sensor", "info", replace(info, protocol_minor=1)),
        ("fetch two spans", "control", (Fetch(((0x12345678, 19), (0xFFFFFFFF, 65535))), 8)),
        ("record", "control", (SetMode(int(SensorMode.RECORDING)), 9)),
        ("two short beeps, three times", "control", (Cue(2, 1, 3), 13)),
        ("entry of the list", "control", (LogEntry(258), 10)),
        ("read blocks", "control", (LogRead(17, 16), 11)),
        ("erase a recording", "control", (LogErase(1, 30), 12)),
        ("second span is not held", "control_reply", ControlReply(7, 8, ControlResult.DONE, 2)),
        (
            "an entry",
            "control_reply",
            ControlReply(10, 10, ControlResult.DONE, 0, log.encode_log_listing(log.LogListing(2, 30, 1, 30))),
        ),
        (
            "recording, memory full",
            "status",
            replace(
                status,
                state=SensorState.LOGGING,
                mode=SensorMode.RECORDING,
                remarks=SensorRemarks.LOG_FULL,
                log_used=64,
                log_blocks=64,
            ),
        ),
        ("what firmware runs", "control", (update.UpdateAsk(), 20)),
        ("a firmware is to come", "control", (update.UpdateBegin(3701, bytes(range(32))), 21)),
        ("how far it is", "control", (update.UpdatePositionAsk(), 22)),
        ("switch to it", "control", (update.UpdateActivate(), 23)),
        ("the kept calibration from a byte on", "control", (kept.KeptRead(236), 24)),
        ("a part of a calibration", "control", (kept.KeptWrite(200, bytes(range(16))), 25)),
        ("keep what was written", "control", (kept.KeptSet(1), 26)),
        ("it is another sensor's calibration", "control_reply", ControlReply(19, 26, ControlResult.REFUSED, 4)),
        ("paired hosts only", "control", (SetPairing(1), 27)),
        ("the battery is too low for an update", "control_reply", ControlReply(14, 21, ControlResult.REFUSED, 1)),
        ("second slot, on trial", "update_about", update.UpdateAbout(10246, 1, 3, 850000, bytes(range(8)))),
        (
            "third file, from byte 464",
            "update_position",
            update.UpdatePosition(update.UpdatePhase.RECEIVING, update.UpdateProblem.NONE, 3, 464),
        ),
        ("part of a firmware's file", "update_chunk", update.UpdateChunk(3, 464, bytes(range(16)))),
        (
            "a firmware of two files",
            "update_manifest",
            (
                "1.2.3",
                6,
                10,
                [
                    update.FirmwareFile("bartracker_fw/imu/st.mpy", 700, bytes(range(32))),
                    update.FirmwareFile("bartracker_fw/start.mpy", 250, bytes(range(32, 64))),
                ],
            ),
        ),
        ("listing", "log_listing", log.LogListing(2, 30, 1, 30)),
        ("part of a block", "log_part", log.LogPart(30, 232, bytes(range(16)))),
        (
            "last block of a recording",
            "log_block",
            log.LogBlock(
                30, 1, True, encode_info(info), (encode_data_packet(DataPacket(0, 0, 1_000_000, one)), b"any bytes")
            ),
        ),
    ]
    told = replace(status, mode=SensorMode.STREAMING, remarks=SensorRemarks.NONE, log_used=3, log_blocks=1024)
    cases += [
        ("info of a 1.2 sensor", "info", replace(info, protocol_minor=2)),
        (
            "after a hang, second slot",
            "status",
            replace(told, heap_kib=8137, reset_cause=ResetCause.WATCHDOG, slot=1),
        ),
        (
            "resting after bad starts",
            "status",
            replace(
                unknown,
                mode=SensorMode.IDLE,
                remarks=SensorRemarks.RESTING,
                log_used=0,
                log_blocks=0,
                heap_kib=112,
                reset_cause=ResetCause.POWER,
            ),
        ),
        ("the stream's end", "control_reply", ControlReply(2, 3, ControlResult.DONE, 0, bytes.fromhex("78563412"))),
    ]
    vectors = [
        {"name": name, "message": kind, "hex": CODECS[kind][2](value).hex(), "fields": CODECS[kind][1](value)}
        for name, kind, value in cases
    ]
    known = {vector["name"] for vector in (_vectors() if FILE.exists() else [])}
    vectors = [*(_vectors() if FILE.exists() else []), *(v for v in vectors if v["name"] not in known)]
    head = json.dumps({"protocol": "bartracker wire 1.2"})[:-1]
    text = head + ', "vectors": [\n' + ",\n".join(json.dumps(v) for v in vectors) + "\n]}\n"
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write()
