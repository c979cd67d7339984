# What goes to the host and comes from it in a step of the loop: commands and time sync answered, packets and recordings
# sent, a new firmware taken. Allocates nothing but for what the host writes.
# Imports neither machine nor bluetooth.
import time

from micropython import const

from bartracker_fw import wire
from bartracker_fw.control import Control

# Packets handed to the stack in one go: enough to catch up after a drop-out at the highest rate.
_PACKETS_PER_BURST = const(8)
# Of these, packets that were asked for again.
_AGAIN_PER_BURST = const(4)


class Talk:
    # app: whose link, device clock, ring, log_sender and updater are used, and whom commands are for.
    def __init__(self, app) -> None:
        self._app = app
        self._control = Control(app)
        self._entry = bytearray(wire.ENTRY_LENGTH)
        self._reply = memoryview(self._entry)[: wire.REPLY_LENGTH]
        self._end = memoryview(self._entry)[: wire.END_LENGTH]
        self._end_hi = 0
        self._end_lo = 0
        self._sync_reply = bytearray(wire.SYNC_REPLY_LENGTH)

    def note_end(self, index_hi: int, index_lo: int) -> None:
        # Where the stream ended: the reply to "stop" says so.
        self._end_hi = index_hi
        self._end_lo = index_lo

    def answer(self) -> None:
        app = self._app
        link = app.link
        request = link.sync_request()
        if request is not None and wire.is_sync_request(request):
            device = app.device
            device.at(link.sync_ticks)
            hi = device.at_hi
            lo = device.at_lo
            device.at(time.ticks_us())
            wire.put_sync_reply(self._sync_reply, request, hi, lo, device.at_hi, device.at_lo)
            link.send_sync(self._sync_reply)
        while True:
            raw = link.command()
            if raw is None:
                return
            if not self._entry[0]:
                result = self._control.execute(raw)
                opcode = raw[0] if raw else 0
                wire.put_reply(self._entry, opcode, raw[1] if len(raw) > 1 else 0, result, self._control.detail)
                log = self._control.entry
                if log is not None:
                    wire.put_entry(self._entry, log.sessions(), log.found_blocks, log.found, log.found_last)
                elif self._control.ended:
                    wire.put_end(self._entry, self._end_hi, self._end_lo)
            reply = self._end if self._control.ended else self._reply
            if self._control.entry is not None:
                reply = self._entry
            elif self._control.rest:
                reply = bytearray(self._reply) + self._control.rest
            if not link.answer(reply):
                return
            app.updater.heard = True
            self._entry[0] = 0

    def send(self) -> None:
        # What was asked for again has its share of a burst, so that neither it nor live data starve.
        app = self._app
        ring = app.ring
        left = _PACKETS_PER_BURST
        if app.streaming:
            left = self._send_due(left - _AGAIN_PER_BURST if ring.spans else left)
            if left < 0:
                return
            left += _AGAIN_PER_BURST if ring.spans else 0
        longest = app.link.mtu - wire.NOTIFY_OVERHEAD
        while left > 0 and ring.spans:
            packet = ring.peek_again()
            if packet is None:
                break
            if len(packet) <= longest and not app.link.send_data(packet):
                return
            ring.pop_again()
            left -= 1
        if app.log_sender is not None and app.log_sender.busy and not app.streaming:
            app.log_sender.step(app.link)

    def _send_due(self, most: int) -> int:
        # Up to so many packets that are due; returns how many more there might have been, -1 if the stack is full.
        link = self._app.link
        ring = self._app.ring
        longest = link.mtu - wire.NOTIFY_OVERHEAD
        while most > 0:
            packet = ring.peek()
            if packet is None:
                break
            if len(packet) > longest:
                ring.skip()
            elif link.send_data(packet):
                ring.pop()
            else:
                return -1
            most -= 1
        return most

    def take_update(self) -> None:
        # Parts of a new firmware, as they come.
        app = self._app
        updater = app.updater
        while True:
            chunk = app.link.chunk()
            if chunk is None:
                break
            updater.take(chunk)
        updater.step()
