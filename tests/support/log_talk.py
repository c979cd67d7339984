"""A bar at rest but for some spans, and the conversation with a virtual sensor about what its flash holds."""

from typing import Any

import numpy as np

from bartracker.samples import FloatArray
from bartracker.sim.flash_model import BLOCK
from bartracker.wire import DataPacket, decode_data_packet, gatt
from bartracker.wire import log as wire_log
from bartracker.wire.commands import ControlCommand, LogEntry, LogRead
from bartracker.wire.replies import ControlReply, ControlResult, decode_control_reply


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


def ask(sensor: Any, command: ControlCommand) -> ControlReply:
    sensor.command(command)
    return decode_control_reply(sensor.ble.received(gatt.CONTROL_UUID)[-1])


def listings(sensor: Any) -> list[wire_log.LogListing]:
    found: list[wire_log.LogListing] = []
    while (entry := wire_log.decode_log_listing(ask(sensor, LogEntry(len(found))).rest)).session:
        found.append(entry)
        assert entry.sessions >= len(found)
    assert entry.sessions == len(found)
    return found


def read(sensor: Any, listing: wire_log.LogListing) -> list[DataPacket]:
    """The recording's packets, sent by the sensor."""
    before = len(sensor.ble.received(gatt.LOG_UUID))
    assert sensor.command(LogRead(listing.session, listing.blocks)) is ControlResult.DONE
    sensor.run(0.2 + 0.1 * listing.blocks)
    blocks: dict[int, bytearray] = {}
    for raw in sensor.ble.received(gatt.LOG_UUID)[before:]:
        part = wire_log.decode_log_part(raw)
        blocks.setdefault(part.sequence, bytearray(BLOCK))[part.offset : part.offset + len(part.data)] = part.data
    decoded = [wire_log.decode_log_block(bytes(blocks[each])) for each in sorted(blocks)]
    assert len(decoded) == listing.blocks
    assert {block.session for block in decoded} == {listing.session}
    return [decode_data_packet(raw) for block in decoded for raw in block.packets]
