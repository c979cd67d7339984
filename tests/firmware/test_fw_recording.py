"""The sensor records by itself: on command, when the bar moves, when the host is lost in a set; power may be cut."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from bartracker.samples import FloatArray
from bartracker.sim.flash_model import BLOCK
from bartracker.wire import DataPacket, decode_data_packet, gatt
from bartracker.wire import log as wire_log
from bartracker.wire import messages as m


class Rest:
    """Still, but for the spans in which the bar swings."""

    def __init__(self, *spans: tuple[float, float]) -> None:
        self.spans = spans

    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        moving = np.zeros(len(t_s), bool)
        for from_s, to_s in self.spans:
            moving |= (t_s >= from_s) & (t_s < to_s)
        swing = np.sin(t_s[:, None] * np.array([3.0, 4.0, 5.0])) * moving[:, None]
        return 6.0 * swing + np.array([0.0, 0.0, 9.81]), 2.0 * swing


def ask(sensor: Any, command: m.ControlCommand) -> m.ControlReply:
    sensor.command(command)
    return m.decode_control_reply(sensor.ble.received(gatt.CONTROL_UUID)[-1])


def listings(sensor: Any) -> list[wire_log.LogListing]:
    found: list[wire_log.LogListing] = []
    while (entry := wire_log.decode_log_listing(ask(sensor, m.LogEntry(len(found))).rest)).session:
        found.append(entry)
        assert entry.sessions >= len(found)
    assert entry.sessions == len(found)
    return found


def read(sensor: Any, listing: wire_log.LogListing) -> list[DataPacket]:
    """The recording's packets, sent by the sensor."""
    before = len(sensor.ble.received(gatt.LOG_UUID))
    assert sensor.command(m.LogRead(listing.session, listing.blocks)) is m.ControlResult.DONE
    sensor.run(0.2 + 0.1 * listing.blocks)
    blocks: dict[int, bytearray] = {}
    for raw in sensor.ble.received(gatt.LOG_UUID)[before:]:
        part = wire_log.decode_log_part(raw)
        blocks.setdefault(part.sequence, bytearray(BLOCK))[part.offset : part.offset + len(part.data)] = part.data
    decoded = [wire_log.decode_log_block(bytes(blocks[each])) for each in sorted(blocks)]
    assert len(decoded) == listing.blocks
    assert {block.session for block in decoded} == {listing.session}
    return [decode_data_packet(raw) for block in decoded for raw in block.packets]


def test_recording_on_command_with_nobody_there(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=400)
    sensor.boot()
    sensor.connect()
    assert sensor.command(m.SetRate(400)) is m.ControlResult.DONE
    assert sensor.command(m.SetMode(m.SensorMode.RECORDING)) is m.ControlResult.DONE
    assert sensor.command(m.SetRate(100)) is m.ControlResult.NOT_NOW
    sensor.run(1.1)
    assert (sensor.status.state, sensor.status.mode) == (m.SensorState.LOGGING, m.SensorMode.RECORDING)
    sensor.ble.drop()
    sensor.run(10.0)
    sensor.connect()
    assert listings(sensor) == []
    assert sensor.command(m.SetMode(m.SensorMode.IDLE)) is m.ControlResult.DONE
    [listing] = listings(sensor)
    packets = read(sensor, listing)
    sensor.assert_exact(packets)
    assert [each.counter for each in packets] == list(range(packets[0].counter, packets[0].counter + len(packets)))
    assert sum(len(each.counts) for each in packets) > 11 * 400
    assert sensor.command(m.LogErase(listing.session, listing.last_sequence - 1)) is m.ControlResult.OUT_OF_RANGE
    assert listings(sensor) == [listing]
    assert sensor.command(m.LogErase(listing.session, listing.last_sequence)) is m.ControlResult.DONE
    assert listings(sensor) == []
    sensor.run(1.1)
    assert (sensor.status.mode, sensor.status.log_used, sensor.status.log_blocks) == (m.SensorMode.IDLE, 0, 64)


def test_a_power_cut_in_a_recording_loses_its_last_block_at_most(rig: Callable[..., Any]) -> None:
    for cut in (0, 2000, 4096, 5000, 8000):
        sensor = rig()
        sensor.boot()
        sensor.connect()
        assert sensor.command(m.SetMode(m.SensorMode.RECORDING)) is m.ControlResult.DONE
        sensor.run(5.0)
        written = sum(sensor.sensor.board.flash.erasures)
        sensor.sensor.board.flash.cut_after = cut
        sensor.run(4.0)
        assert not sensor.sensor.running
        sensor.sensor.board.flash.cut_after = None
        sensor.ble.drop()
        sensor.sensor.stop()
        sensor.boot()
        sensor.connect()
        [listing] = listings(sensor)
        assert listing.blocks == written >= 2


def test_an_armed_sensor_records_motion_and_nothing_else(rig: Callable[..., Any]) -> None:
    sensor = rig(source=Rest((20.0, 30.0), (100.0, 105.0)))
    sensor.boot()
    sensor.connect()
    assert sensor.command(m.SetMode(m.SensorMode.ARMED)) is m.ControlResult.DONE
    sensor.run(1.1)
    assert sensor.status.mode is m.SensorMode.ARMED
    sensor.ble.drop()
    sensor.run(150.0)
    sensor.connect()
    first, second = (read(sensor, each) for each in listings(sensor))
    for packets, from_s, to_s in ((first, 20.0, 30.0), (second, 100.0, 105.0)):
        sensor.assert_exact(packets)
        begin_s, end_s = packets[0].device_time_us / 1e6, packets[-1].device_time_us / 1e6
        assert from_s - 3.0 < begin_s < from_s
        assert to_s + 25.0 < end_s < to_s + 35.0


def test_a_host_that_is_lost_for_longer_than_the_ring_costs_no_sample(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=400)
    sensor.stream()
    sensor.run(3.0)
    sensor.ble.drop()
    sensor.run(30.0)
    live = sensor.packets()
    resume = live[-1].first_index + len(live[-1].counts)
    sensor.connect()
    assert sensor.command(m.Start(resume)) is m.ControlResult.DONE
    sensor.run(5.0)
    assert sensor.command(m.Stop()) is m.ControlResult.DONE
    sensor.run(0.5)
    [listing] = listings(sensor)
    kept = read(sensor, listing)
    both = {each.first_index: each for each in (*sensor.packets(), *kept)}
    assert kept[0].first_index == resume
    sensor.assert_exact([both[index] for index in sorted(both)])


def test_a_short_outage_leaves_nothing_in_flash(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=400)
    sensor.stream()
    sensor.run(3.0)
    sensor.ble.drop()
    sensor.run(9.0)
    live = sensor.packets()
    assert sensor.sensor.board.flash.erasures[0] == 1
    sensor.connect()
    assert sensor.command(m.Start(live[-1].first_index + 19)) is m.ControlResult.DONE
    sensor.run(5.0)
    sensor.assert_exact(sensor.packets())
    assert listings(sensor) == []


def test_a_board_without_room_for_recordings_says_so(rig: Callable[..., Any]) -> None:
    sensor = rig(log_blocks=0)
    sensor.boot()
    sensor.connect()
    for command in (m.SetMode(m.SensorMode.RECORDING), m.SetMode(m.SensorMode.ARMED), m.LogEntry(0)):
        assert sensor.command(command) is m.ControlResult.NOT_SUPPORTED
    assert sensor.command(m.SetMode(m.SensorMode.IDLE)) is m.ControlResult.DONE
    sensor.run(1.1)
    assert sensor.status.log_blocks == 0


def test_a_full_log_ends_the_recording_and_says_so(rig: Callable[..., Any]) -> None:
    sensor = rig(log_blocks=3)
    sensor.boot()
    sensor.connect()
    assert sensor.command(m.SetMode(m.SensorMode.RECORDING)) is m.ControlResult.DONE
    sensor.run(10.0)
    status = sensor.status
    assert (status.state, status.mode, status.log_used) == (m.SensorState.IDLE, m.SensorMode.IDLE, 3)
    assert status.remarks == m.SensorRemarks.LOG_FULL
    assert sensor.command(m.SetMode(m.SensorMode.RECORDING)) is m.ControlResult.NO_ROOM
    [listing] = listings(sensor)
    sensor.assert_exact(read(sensor, listing))


def test_damaged_settings_are_said(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.sensor.board.nvs["bartracker/settings"] = "b0110c800d0071234"
    sensor.boot()
    sensor.connect()
    sensor.run(1.1)
    assert sensor.status.remarks == m.SensorRemarks.SETTINGS_LOST
    assert sensor.command(m.SetRate(200)) is m.ControlResult.DONE
    assert sensor.command(m.SetRange(8, 500)) is m.ControlResult.DONE
    sensor.run(1.1)
    assert sensor.status.remarks == m.SensorRemarks.NONE


def test_lost_packets_are_sent_again_while_live_data_go_on(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=800)
    sensor.stream()
    sensor.run(3.0)
    before = sensor.packets()
    wanted = before[10:30]
    span = (wanted[0].first_index, sum(len(each.counts) for each in wanted))
    reply = ask(sensor, m.Fetch((span, (0xF0000000, 5), (before[40].first_index + 3, 1))))
    assert (reply.result, reply.detail) == (m.ControlResult.DONE, 0b010)
    sensor.run(1.0)
    after = sensor.packets()[len(before) :]
    again = [each for each in after if each.first_index < before[-1].first_index]
    fresh = [each for each in after if each.first_index > before[-1].first_index]
    assert [each.first_index for each in again] == [each.first_index for each in (*wanted, before[40])]
    for new, old in zip(again, (*wanted, before[40]), strict=True):
        np.testing.assert_array_equal(new.counts, old.counts)
        assert (new.counter, new.device_time_us) == (old.counter, old.device_time_us)
    sensor.assert_exact([*before, *fresh])
    # Also once it has stopped, for what is missing in the end.
    assert sensor.command(m.Stop()) is m.ControlResult.DONE
    sent = len(sensor.packets())
    assert ask(sensor, m.Fetch((span,))).detail == 0
    sensor.run(0.5)
    assert len(sensor.packets()) >= sent + len(wanted)


def test_cues_are_played_on_what_the_board_has(rig: Callable[..., Any]) -> None:
    sensor = rig("mpu6886", board="m5stickc_plus2")
    sensor.boot()
    sensor.connect()
    pins = sensor.sensor.board.pins
    sensor.ble.write(gatt.CONTROL_UUID, m.encode_control(m.Cue(m.CueOutputs.SOUND, 1, 2), 1))
    heard = [0]
    for _ in range(60):
        sensor.run(0.025)
        heard.append(pins[2])
    assert sum(new > old for old, new in itertools.pairwise(heard)) == 4
    assert heard[-1] == 0
    assert pins[19] == 0
    silent = rig()
    silent.boot()
    silent.connect()
    assert silent.command(m.Cue(m.CueOutputs.SOUND, 0)) is m.ControlResult.NOT_SUPPORTED
    assert silent.command(m.Cue(m.CueOutputs.LIGHT, 4)) is m.ControlResult.OUT_OF_RANGE
    assert silent.command(m.Cue(m.CueOutputs.LIGHT | m.CueOutputs.SOUND, 0)) is m.ControlResult.DONE


def test_an_unused_sensor_switches_itself_off_where_motion_can_wake_it(rig: Callable[..., Any]) -> None:
    hurried = "from bartracker_fw import app\napp.OFF_AFTER_S = 20\nimport main\n"
    sensor = rig(program=hurried)
    sensor.boot()
    sensor.connect()
    sensor.run(30.0)
    assert sensor.sensor.running
    sensor.ble.drop()
    sensor.run(18.0)
    assert sensor.sensor.running
    sensor.run(4.0)
    assert not sensor.sensor.running
    assert sensor.sensor.board.wake_pin == 2
    # A board without a wire for it stays on.
    sensor = rig("mpu6886", board="m5stickc_plus2", program=hurried)
    sensor.boot(30.0)
    assert sensor.sensor.running
