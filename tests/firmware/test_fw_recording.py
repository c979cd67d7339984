"""The sensor records by itself: on command, when the bar moves, when the host is lost in a set; power may be cut."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from log_talk import Rest, ask, listings, read

from bartracker.wire import gatt
from bartracker.wire.commands import (
    Cue,
    CueOutputs,
    Fetch,
    LogEntry,
    LogErase,
    SetMode,
    SetRange,
    SetRate,
    Start,
    Stop,
    encode_control,
)
from bartracker.wire.replies import ControlResult
from bartracker.wire.status import SensorMode, SensorRemarks, SensorState


def test_recording_on_command_with_nobody_there(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=400)
    sensor.boot()
    sensor.connect()
    assert sensor.command(SetRate(400)) is ControlResult.DONE
    assert sensor.command(SetMode(SensorMode.RECORDING)) is ControlResult.DONE
    assert sensor.command(SetRate(100)) is ControlResult.NOT_NOW
    sensor.run(1.1)
    assert (sensor.status.state, sensor.status.mode) == (SensorState.LOGGING, SensorMode.RECORDING)
    sensor.ble.drop()
    sensor.run(10.0)
    sensor.connect()
    assert listings(sensor) == []
    assert sensor.command(SetMode(SensorMode.IDLE)) is ControlResult.DONE
    [listing] = listings(sensor)
    packets = read(sensor, listing)
    sensor.assert_exact(packets)
    assert [each.counter for each in packets] == list(range(packets[0].counter, packets[0].counter + len(packets)))
    assert sum(len(each.counts) for each in packets) > 11 * 400
    assert sensor.command(LogErase(listing.session, listing.last_sequence - 1)) is ControlResult.OUT_OF_RANGE
    assert listings(sensor) == [listing]
    assert sensor.command(LogErase(listing.session, listing.last_sequence)) is ControlResult.DONE
    assert listings(sensor) == []
    sensor.run(1.1)
    assert (sensor.status.mode, sensor.status.log_used, sensor.status.log_blocks) == (SensorMode.IDLE, 0, 64)


def test_a_power_cut_in_a_recording_loses_its_last_block_at_most(rig: Callable[..., Any]) -> None:
    for cut in (0, 2000, 4096, 5000, 8000):
        sensor = rig()
        sensor.boot()
        sensor.connect()
        assert sensor.command(SetMode(SensorMode.RECORDING)) is ControlResult.DONE
        sensor.run(5.0)
        # One block is erased ahead.
        written = sum(sensor.sensor.board.flash.erasures) - 1
        sensor.sensor.board.flash.cut_after = cut
        sensor.run(4.0)
        assert not sensor.sensor.running
        sensor.sensor.board.flash.cut_after = None
        sensor.ble.drop()
        sensor.sensor.stop()
        sensor.boot()
        sensor.connect()
        [listing] = listings(sensor)
        assert listing.blocks >= written >= 2


def test_an_armed_sensor_records_motion_and_nothing_else(rig: Callable[..., Any]) -> None:
    sensor = rig(source=Rest((20.0, 30.0), (100.0, 105.0)))
    sensor.boot()
    sensor.connect()
    assert sensor.command(SetMode(SensorMode.ARMED)) is ControlResult.DONE
    sensor.run(1.1)
    assert sensor.status.mode is SensorMode.ARMED
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
    assert sensor.command(Start(resume)) is ControlResult.DONE
    sensor.run(5.0)
    assert sensor.command(Stop()) is ControlResult.DONE
    sensor.run(0.5)
    [listing] = listings(sensor)
    kept = read(sensor, listing)
    both = {each.first_index: each for each in (*sensor.packets(), *kept)}
    # From some packets before: those were sent, and nobody can say whether they were heard.
    assert kept[0].first_index <= resume
    sensor.assert_exact([both[index] for index in sorted(both) if index >= live[0].first_index])


def test_a_short_outage_leaves_nothing_in_flash(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=400)
    sensor.stream()
    sensor.run(3.0)
    sensor.ble.drop()
    sensor.run(9.0)
    live = sensor.packets()
    assert sensor.sensor.board.flash.erasures[0] == 1
    sensor.connect()
    assert sensor.command(Start(live[-1].first_index + 19)) is ControlResult.DONE
    sensor.run(5.0)
    sensor.assert_exact(sensor.packets())
    assert listings(sensor) == []


def test_a_board_without_room_for_recordings_says_so(rig: Callable[..., Any]) -> None:
    sensor = rig(log_blocks=0)
    sensor.boot()
    sensor.connect()
    for command in (SetMode(SensorMode.RECORDING), SetMode(SensorMode.ARMED), LogEntry(0)):
        assert sensor.command(command) is ControlResult.NOT_SUPPORTED
    assert sensor.command(SetMode(SensorMode.IDLE)) is ControlResult.DONE
    sensor.run(1.1)
    assert sensor.status.log_blocks == 0


def test_a_full_log_ends_the_recording_and_says_so(rig: Callable[..., Any]) -> None:
    sensor = rig(log_blocks=3)
    sensor.boot()
    sensor.connect()
    assert sensor.command(SetMode(SensorMode.RECORDING)) is ControlResult.DONE
    sensor.run(10.0)
    status = sensor.status
    assert (status.state, status.mode, status.log_used) == (SensorState.IDLE, SensorMode.IDLE, 3)
    assert status.remarks == SensorRemarks.LOG_FULL
    assert sensor.command(SetMode(SensorMode.RECORDING)) is ControlResult.NO_ROOM
    [listing] = listings(sensor)
    sensor.assert_exact(read(sensor, listing))


def test_damaged_settings_are_said(rig: Callable[..., Any]) -> None:
    sensor = rig()
    sensor.sensor.board.nvs["bartracker/settings"] = "b0110c800d0071234"
    sensor.boot()
    sensor.connect()
    sensor.run(1.1)
    assert sensor.status.remarks == SensorRemarks.SETTINGS_LOST
    assert sensor.command(SetRate(200)) is ControlResult.DONE
    assert sensor.command(SetRange(8, 500)) is ControlResult.DONE
    sensor.run(1.1)
    assert sensor.status.remarks == SensorRemarks.NONE


def test_lost_packets_are_sent_again_while_live_data_go_on(rig: Callable[..., Any]) -> None:
    sensor = rig(rate_hz=800)
    sensor.stream()
    sensor.run(3.0)
    before = sensor.packets()
    wanted = before[10:30]
    span = (wanted[0].first_index, sum(len(each.counts) for each in wanted))
    reply = ask(sensor, Fetch((span, (0xF0000000, 5), (before[40].first_index + 3, 1))))
    assert (reply.result, reply.detail) == (ControlResult.DONE, 0b010)
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
    assert sensor.command(Stop()) is ControlResult.DONE
    sent = len(sensor.packets())
    assert ask(sensor, Fetch((span,))).detail == 0
    sensor.run(0.5)
    assert len(sensor.packets()) >= sent + len(wanted)


def test_cues_are_played_on_what_the_board_has(rig: Callable[..., Any]) -> None:
    sensor = rig("mpu6886", board="m5stickc_plus2")
    sensor.boot()
    sensor.connect()
    pins = sensor.sensor.board.pins
    sensor.ble.write(gatt.CONTROL_UUID, encode_control(Cue(CueOutputs.SOUND, 1, 2), 1))
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
    assert silent.command(Cue(CueOutputs.SOUND, 0)) is ControlResult.NOT_SUPPORTED
    assert silent.command(Cue(CueOutputs.LIGHT, 4)) is ControlResult.OUT_OF_RANGE
    assert silent.command(Cue(CueOutputs.LIGHT | CueOutputs.SOUND, 0)) is ControlResult.DONE


def test_an_unused_sensor_switches_itself_off_where_motion_can_wake_it(rig: Callable[..., Any]) -> None:
    hurried = "from bartracker_fw import rest\nrest.OFF_AFTER_S = 20\nimport main\n"
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
