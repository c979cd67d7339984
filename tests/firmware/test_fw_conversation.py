"""The firmware talking to a host: services, commands, heartbeat, refusals, drop-outs, time sync, status."""

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bartracker.wire import PacketFlags, gatt
from bartracker.wire.commands import Heartbeat, Identify, SetRange, SetRate, Start, Stop, encode_control
from bartracker.wire.replies import ControlResult, decode_control_reply
from bartracker.wire.status import SensorFault, SensorState, decode_status
from bartracker.wire.time_sync import TimeSyncRequest, decode_time_sync_reply, encode_time_sync_request


def test_services_and_advertising(rig: Callable[..., Any]) -> None:
    sensor = rig(seed=0x1234)
    sensor.boot()
    services = {uuid: dict(characteristics) for uuid, characteristics in sensor.ble.services}
    assert services[gatt.SERVICE_UUID] == {
        gatt.INFO_UUID: 0x02,
        gatt.CONTROL_UUID: 0x28,
        gatt.DATA_UUID: 0x10,
        gatt.STATUS_UUID: 0x12,
        gatt.TIME_SYNC_UUID: 0x14,
        gatt.LOG_UUID: 0x10,
        gatt.UPDATE_UUID: 0x04,
    }
    assert services["180f"] == {"2a19": 0x12}
    assert set(services["180a"]) == {"2a29", "2a24", "2a26"}
    value = sensor.ble.values
    assert value[sensor.ble.handle("2a24")] == b"XIAO ESP32S3"
    assert value[sensor.ble.handle("2a26")] == "{}.{}.{}".format(*sensor.info.firmware).encode()
    assert value[sensor.ble.handle("2a19")] == bytes([sensor.status.battery_percent or 0])
    assert sensor.ble.interval_us == 30_000
    assert bytes.fromhex(gatt.SERVICE_UUID.replace("-", ""))[::-1] in sensor.ble.adv_data
    assert len(sensor.ble.adv_data) <= 31
    assert b"bartracker-" in (sensor.ble.resp_data or b"")
    sensor.run(32.0)
    assert sensor.ble.interval_us == 500_000


def test_the_info_says_who_is_there(rig: Callable[..., Any]) -> None:
    sensor = rig(seed=7)
    sensor.boot()
    assert sensor.info.att_mtu == 0
    sensor.connect(mtu=185)
    info = sensor.info
    assert (info.chip, info.att_mtu, info.ring_packets, info.boot_count) == ("LSM6DSO/DSOX", 185, 255, 1)
    assert info.device_id[:6] == sensor.sensor.board.device_id
    assert info.acc_mps2_per_count == pytest.approx(0.488e-3 * 9.80665)
    assert info.gyr_radps_per_count == pytest.approx(np.radians(70e-3))


def test_packets_fit_the_mtu(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=400)
    sensor.boot()
    sensor.connect(mtu=100)
    assert sensor.command(Start()) is ControlResult.DONE
    sensor.run(1.0)
    packets = sensor.packets()
    sensor.assert_exact(packets)
    assert {len(packet.counts) for packet in packets} == {6}


def test_an_mtu_too_small_for_a_sample_is_refused(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.boot()
    sensor.connect(mtu=23)
    assert sensor.info.att_mtu == 23
    assert sensor.command(Start()) is ControlResult.NOT_NOW


def test_slow_rates_send_short_packets(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=100)
    sensor.stream()
    sensor.run(1.0)
    assert {len(packet.counts) for packet in sensor.packets()} == {11}


def test_commands_while_streaming(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.stream()
    before = sensor.info
    assert sensor.command(SetRate(400.0)) is ControlResult.NOT_NOW
    assert sensor.command(SetRange(4, 500)) is ControlResult.NOT_NOW
    assert sensor.info == before
    sensor.run(1.0)
    assert sensor.status.state is SensorState.STREAMING
    assert sensor.command(Stop()) is ControlResult.DONE
    count = len(sensor.packets())
    sensor.run(1.5)
    assert len(sensor.packets()) == count
    assert sensor.status.state is SensorState.IDLE
    sensor.assert_exact(sensor.packets())


@pytest.mark.parametrize(
    ("raw", "result"),
    [
        (b"", ControlResult.WRONG_LENGTH),
        (b"\x01", ControlResult.WRONG_LENGTH),
        (b"\x01\x05\xff\xff\xff", ControlResult.WRONG_LENGTH),
        (b"\x02\x05" + bytes(30), ControlResult.WRONG_LENGTH),
        (b"\x63\x05", ControlResult.UNKNOWN_COMMAND),
        (b"\x00\x05", ControlResult.UNKNOWN_COMMAND),
        (b"\x03\x05\x00\x00\xc0\x7f", ControlResult.OUT_OF_RANGE),  # not a number
        (b"\x03\x05\x00\x00\x80\x7f", ControlResult.OUT_OF_RANGE),  # infinity
        (b"\x03\x05\x00\x00\x80\x3f", ControlResult.OUT_OF_RANGE),  # 1 Hz
        (b"\x04\x05\x03\x00\xd0\x07", ControlResult.OUT_OF_RANGE),  # 3 g
        (b"\x04\x05\x10\x00\x01\x00", ControlResult.OUT_OF_RANGE),  # 1 deg/s
        (b"\x06\x05\x00", ControlResult.OUT_OF_RANGE),
    ],
)
def test_malformed_writes_change_nothing(raw: bytes, result: ControlResult, rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.boot()
    sensor.connect()
    info, settings = sensor.info, dict(sensor.sensor.board.nvs)
    assert sensor.write(raw) is result
    sensor.run(1.0)
    assert (sensor.info, sensor.sensor.board.nvs) == (info, settings)
    assert sensor.status.state is SensorState.IDLE
    assert sensor.packets() == []


def test_commands_in_quick_succession_are_all_answered(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.boot()
    sensor.connect()
    for reference in range(6):
        sensor.ble.write(gatt.CONTROL_UUID, encode_control(Heartbeat(20), reference))
    sensor.run(0.1)
    replies = [decode_control_reply(raw) for raw in sensor.ble.received(gatt.CONTROL_UUID)]
    assert [reply.reference for reply in replies] == list(range(6))


def test_a_silent_host_stops_the_stream(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.stream(heartbeat_s=3)
    for _ in range(4):
        sensor.run(2.0)
        assert sensor.command(Heartbeat(3)) is ControlResult.DONE
    alive = len(sensor.packets())
    sensor.run(2.0)
    assert len(sensor.packets()) > alive + 15
    sensor.run(3.0)
    silent = len(sensor.packets())
    sensor.run(3.0)
    assert len(sensor.packets()) == silent
    assert sensor.status.state is SensorState.IDLE
    assert decode_status(sensor.ble.received(gatt.STATUS_UUID)[-1]).state is SensorState.IDLE
    sensor.assert_exact(sensor.packets())


def test_refused_notifications_are_tried_again_and_counted(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=400)
    sensor.stream()
    sensor.run(1.0)
    for _ in range(6):
        sensor.ble.free_buffers = 3
        sensor.run(0.4)
        sensor.ble.free_buffers = None
        sensor.run(0.3)
    packets = sensor.packets()
    sensor.assert_exact(packets)
    assert [packet.counter for packet in packets] == list(range(len(packets)))
    assert any(PacketFlags.BACKLOG in packet.flags for packet in packets)
    sensor.run(1.1)
    assert sensor.status.notify_retries >= sensor.ble.refused > 20
    assert sensor.status.packets_dropped == 0


def test_a_ring_that_overflows_says_how_much_is_lost(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=800)
    sensor.stream()
    sensor.run(1.0)
    sensor.ble.free_buffers = 0
    sensor.run(8.0)
    sensor.ble.free_buffers = None
    sensor.run(4.0)
    packets = sensor.packets()
    holes = [(new.first_index - old.first_index - len(old.counts), new) for old, new in itertools.pairwise(packets)]
    [(missing, after)] = [(hole, new) for hole, new in holes if hole]
    assert PacketFlags.GAP in after.flags
    status = sensor.status
    assert missing == 19 * status.packets_dropped > 0
    assert (packets[-1].counter - packets[0].counter) == len(packets) - 1 + status.packets_dropped
    sensor.assert_exact(packets, missing=missing)


def test_after_a_drop_out_the_ring_fills_the_hole(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=400)
    sensor.stream()
    sensor.run(3.0)
    sensor.ble.drop()
    sensor.run(4.0)
    assert sensor.ble.interval_us == 30_000
    last = sensor.packets()[-1]
    resume = last.first_index + len(last.counts)
    sensor.connect()
    assert sensor.command(Start(resume)) is ControlResult.DONE
    sensor.run(3.0)
    packets = sensor.packets()
    sensor.assert_exact(packets)
    assert sum(PacketFlags.BACKLOG in packet.flags for packet in packets) > 50
    assert PacketFlags.BACKLOG not in packets[-1].flags


def test_starting_live_leaves_a_hole_that_is_flagged(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.stream()
    sensor.run(1.0)
    sensor.command(Stop())
    before = len(sensor.packets())
    sensor.run(3.0)
    sensor.command(Start())
    sensor.run(1.0)
    packets = sensor.packets()
    assert PacketFlags.GAP in packets[before].flags
    hole = packets[before].first_index - packets[before - 1].first_index - 19
    assert hole == pytest.approx(3.4 * 208, rel=0.1)
    # The packet that the stop closed has a counter of its own: whoever wants it fetches it.
    assert packets[before].counter == packets[before - 1].counter + 2
    sensor.assert_exact(packets, missing=hole)


def test_time_sync(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.stream()
    sensor.run(1.0)
    sent_us = round(sensor.sensor.now_s * 1e6)
    request = TimeSyncRequest(9, 0x0123456789ABCDEF)
    sensor.ble.write(gatt.TIME_SYNC_UUID, encode_time_sync_request(request))
    sensor.run(0.2)
    [raw] = sensor.ble.received(gatt.TIME_SYNC_UUID)
    reply = decode_time_sync_reply(raw)
    assert (reply.reference, reply.host_us) == (9, 0x0123456789ABCDEF)
    # The device's clock began when the firmware did, a few milliseconds after the power came.
    assert sent_us - 300_000 < reply.received_us <= sent_us
    assert 0 < reply.sent_us - reply.received_us < 80_000
    packet = sensor.packets()[-1]
    assert abs(packet.device_time_us - reply.sent_us) < 400_000
    for malformed in (b"", raw[:12], bytes(12), b"\x13" * 13):
        sensor.ble.write(gatt.TIME_SYNC_UUID, malformed)
        sensor.run(0.1)
    assert len(sensor.ble.received(gatt.TIME_SYNC_UUID)) == 1


def test_identify_blinks(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.boot()
    sensor.connect()
    levels: list[int] = []
    assert sensor.command(Identify(2)) is ControlResult.DONE
    for _ in range(40):
        sensor.run(0.1)
        levels.append(sensor.sensor.board.pins[21])
    assert {0, 1} == set(levels[:12])
    assert set(levels[25:]) == {1}


def test_battery_is_told(rig: Callable[..., Any]) -> None:
    sensor = rig(battery_mv=4100)
    sensor.boot()
    sensor.connect()
    sensor.run(1.5)
    assert (sensor.status.battery_mv, sensor.status.battery_percent) == (4100, 92)
    sensor.sensor.board.adc_uv[1] = 3_250_000 // 2
    sensor.run(120.0)
    assert sensor.status.battery_percent == 0
    assert sensor.status.fault is SensorFault.LOW_BATTERY
    assert sensor.ble.received("2a19")[-1] == b"\x00"
    sensor.sensor.board.adc_uv[1] = 0
    sensor.run(11.0)
    assert (sensor.status.battery_mv, sensor.status.battery_percent) == (None, None)


LATER = ("mode", "remarks", "log_used", "log_blocks", "heap_kib", "reset_cause", "slot")


def test_a_host_of_protocol_1_0_understands_this_firmware(rig: Callable[..., Any]) -> None:
    """It reads the bytes it knows of, and finds there what it always found."""
    sensor = rig()
    sensor.stream()
    sensor.run(1.5)
    raw = sensor.ble.received(gatt.STATUS_UUID)[-1]
    old = decode_status(raw[:32])
    assert old.mode is None
    assert old == dataclasses.replace(decode_status(raw), **dict.fromkeys(LATER))
    assert old.state is SensorState.STREAMING
    assert len(sensor.ble.values[sensor.ble.handle(gatt.INFO_UUID)]) == 52
    assert sensor.info.encodings == 1
    assert {raw[13] for raw in sensor.ble.received(gatt.DATA_UUID)} == {0}
    assert all(len(raw) == 4 for raw in sensor.ble.received(gatt.CONTROL_UUID))
