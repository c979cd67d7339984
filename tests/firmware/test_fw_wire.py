"""The firmware's bytes are those of the golden vectors, under CPython and in MicroPython, and the host reads them."""

import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

FLAGS = {"FIFO_OVERFLOW": 1, "GAP": 2, "ACC_CLIPPED": 4, "GYR_CLIPPED": 8, "BACKLOG": 16}
STATES = {"IDLE": 0, "STREAMING": 1, "LOGGING": 2, "FAULT": 3}
MODES = {"IDLE": 0, "STREAMING": 2, "RECORDING": 3}
FAULTS = {"NONE": 0, "IMU_SILENT": 1}
CAUSES = {"POWER": 1, "WATCHDOG": 3}
RESULTS = {"DONE": 0, "NOT_NOW": 4, "REFUSED": 8}


def _period_q14(rate_hz: float | None) -> int:
    return round(1e6 * 2**14 / rate_hz) if rate_hz else 0


def _program(vector: dict[str, Any]) -> str | None:
    """MicroPython code that leaves the vector's message in `buf`; None for what this firmware does not say."""
    f = vector["fields"]
    match vector["message"]:
        case "info" if f["protocol_minor"] < 2:
            return None
        case "status" if "reset_cause" not in f:
            return None
        case "info":
            return (
                f"buf = bytearray(52)\nwire.put_info(buf, {f['chip_id']}, {f['acc_range_g']}, {f['gyr_range_dps']}, "
                f"{f['acc_clip_count']}, {f['att_mtu']}, {f['acc_mps2_per_count']!r}, {f['gyr_radps_per_count']!r}, "
                f"{f['nominal_rate_hz']!r}, {tuple(f['axis_map'])}, {tuple(f['firmware'])}, {f['boot_count']}, "
                f"{bytes.fromhex(f['device_id'])!r}, {f['ring_packets']})\n"
            )
        case "status":
            return (
                f"buf = bytearray(42)\nwire.put_status(buf, {STATES[f['state']]}, {f['battery_mv'] or 0}, "
                f"{255 if f['battery_percent'] is None else f['battery_percent']}, {FAULTS[f['fault']]}, "
                f"{f['fifo_overflows']}, {f['samples']}, {f['packets_sent']}, {f['packets_dropped']}, "
                f"{f['notify_retries']}, {_period_q14(f['rate_hz'])}, "
                f"{-32768 if f['temperature_degc'] is None else round(f['temperature_degc'] * 100)}, "
                f"{f['ring_packets']}, {MODES[f['mode']]}, {f['remarks']}, {f['log_used']}, {f['log_blocks']}, "
                f"{f['heap_kib']}, {CAUSES[f['reset_cause']]}, {255 if f['slot'] is None else f['slot']})\n"
            )
        case "control_reply":
            rest = bytes.fromhex(f.get("rest", ""))
            entry = ""
            if f["opcode"] == 2 and rest:
                entry = f"wire.put_end(buf, {rest[2] | rest[3] << 8}, {rest[0] | rest[1] << 8})\n"
            elif rest:
                sessions, blocks, session, last = struct.unpack("<HHII", rest)
                entry = f"wire.put_entry(buf, {sessions}, {blocks}, {session}, {last})\n"
            return (
                f"buf = bytearray({4 + len(rest)})\nwire.put_reply(buf, {f['opcode']}, {f['reference']}, "
                f"{RESULTS[f['result']]}, {f.get('detail', 0)})\n{entry}"
            )
        case "log_part":
            data = bytes.fromhex(f["data"])
            return f"buf = bytearray(8) + {data!r}\nwire.put_log_header(buf, {f['offset']}, {f['sequence']})\n"
        case "time_sync_reply":
            request = struct.pack("<BBHQ", 0x13, f["reference"], 0, f["host_us"])
            t2, t3 = f["received_us"], f["sent_us"]
            return (
                f"buf = bytearray(20)\nassert wire.is_sync_request({request!r})\nwire.put_sync_reply(buf, {request!r}, "
                f"{t2 >> 16}, {t2 & 0xFFFF}, {t3 >> 16}, {t3 & 0xFFFF})\n"
            )
        case "data":
            counts = np.array(f["counts"], dtype="<i2")
            flags = sum(FLAGS[name] for name in f["flags"]) | f["epoch"] << 6
            index, us = f["first_index"], f["device_time_us"]
            return (
                f"buf = bytearray(14) + {counts.tobytes()!r}\nwire.put_header(buf, 0, {flags}, {index >> 16}, "
                f"{index & 0xFFFF}, {us >> 16}, {us & 0xFFFF}, {len(counts)})\n"
                f"buf[2] = {f['counter'] & 0xFF}\nbuf[3] = {f['counter'] >> 8}\n"
            )
        case _:
            return None


def test_golden_vectors_under_cpython(golden: list[dict[str, Any]], firmware: Callable[[str], Any]) -> None:
    wire = firmware("wire")
    made = 0
    for vector in golden:
        code = _program(vector)
        if code is not None:
            space: dict[str, Any] = {"wire": wire}
            exec(code, space)
            assert bytes(space["buf"]).hex() == vector["hex"], vector["name"]
            made += 1
    assert made >= 10


def test_golden_vectors_in_micropython(golden: list[dict[str, Any]], in_vm: Callable[[str], Any]) -> None:
    vectors = [(vector, code) for vector in golden if (code := _program(vector)) is not None]
    body = "".join(code + "out.append(binascii.hexlify(buf).decode())\n" for _, code in vectors)
    made = in_vm("import binascii\nfrom bartracker_fw import wire\nout = []\n" + body + "print(json.dumps(out))\n")
    assert made == [vector["hex"] for vector, _ in vectors]


def test_golden_commands_are_understood(golden: list[dict[str, Any]], firmware: Callable[[str], Any]) -> None:
    target = FakeTarget()
    control = firmware("control").Control(target)
    for vector in golden:
        if vector["message"] == "control":
            assert control.execute(bytes.fromhex(vector["hex"])) == 0, vector["name"]
    assert target.done == [
        ("start", 0xFFFF, 0xFFFF),
        ("start", 0, 4660),
        ("stop",),
        ("configure", 416.0, 16, 2000),
        ("configure", 208.0, 16, 2000),
        ("identify", 3),
        ("heartbeat", 10),
        ("fetch", 0x1234, 0x5678, 19),
        ("fetch", 0xFFFF, 0xFFFF, 65535),
        ("find", 258),
        ("read", 17, 16),
        ("erase", 1, 30),
        ("record",),
        ("cue", 2, 1, 3),
        ("update begin", 3701, bytes(range(32)), 77),
        ("update activate",),
        ("kept write", 200, bytes(range(16))),
        ("kept commit", 42),
        ("pairing", 1),
    ]
    assert target.asked == [("about",), ("kept part", 236, 247 - 3 - 4 - 2)]


class FakeTarget:
    """Stands for the application: notes what commands change."""

    class _Imu:
        chip = 42
        rate_hz = 208.0
        acc_g = 16
        gyr_dps = 2000
        acc_ranges = (2, 4, 8, 16)
        gyr_ranges = (250, 500, 1000, 2000)

    busy = False
    writing = False
    percent = 77
    mtu = 247

    def __init__(self, *, streaming: bool = False) -> None:
        self.imu = self._Imu()
        self.streaming = streaming
        self.done: list[tuple[Any, ...]] = []
        self.asked: list[tuple[Any, ...]] = []
        # One object stands for all of the application's parts, but for those whose methods have the same names.
        self.ring = self.recorder = self.log_sender = self.log = self.cues = self.battery = self.link = self
        self.updater = FakeUpdater(self)
        self.kept = FakeKept(self)
        self.pairing = FakePairing(self)

    def room(self) -> int:
        return 16

    def fetch(self, hi: int, lo: int, samples: int) -> bool:
        self.done.append(("fetch", hi, lo, samples))
        return True

    def idle(self) -> None:
        self.done.append(("idle",))

    def arm(self) -> None:
        self.done.append(("arm",))

    def record(self) -> bool:
        self.done.append(("record",))
        return True

    def find(self, place: int) -> bool:
        self.done.append(("find", place))
        return True

    def block_of(self, sequence: int) -> int:
        return 0

    def begin(self, sequence: int, blocks: int) -> None:
        self.done.append(("read", sequence, blocks))

    def erase(self, session: int, last: int) -> bool:
        self.done.append(("erase", session, last))
        return True

    def can_send(self) -> bool:
        return True

    outputs = 3

    def play(self, outputs: int, pattern: int, repeat: int) -> None:
        self.done.append(("cue", outputs, pattern, repeat))

    def start(self, hi: int, lo: int) -> None:
        self.done.append(("start", hi, lo))

    def stop(self) -> None:
        self.done.append(("stop",))

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> bool:
        self.done.append(("configure", rate_hz, acc_g, gyr_dps))
        return True

    def identify(self, seconds: int) -> None:
        self.done.append(("identify", seconds))

    def heartbeat(self, seconds: int) -> None:
        self.done.append(("heartbeat", seconds))


class FakeUpdater:
    def __init__(self, target: FakeTarget) -> None:
        self._target = target

    def about(self) -> bytes:
        self._target.asked.append(("about",))
        return b"about"

    def position(self) -> bytes:
        return b"position"

    def begin(self, size: int, digest: bytes, percent: int) -> int:
        self._target.done.append(("update begin", size, digest, percent))
        return 0

    def activate(self) -> int:
        self._target.done.append(("update activate",))
        return 0


class FakeKept:
    def __init__(self, target: FakeTarget) -> None:
        self._target = target

    def part(self, offset: int, most: int) -> bytes:
        self._target.asked.append(("kept part", offset, most))
        return b"part"

    def write(self, offset: int, data: bytes) -> bool:
        self._target.done.append(("kept write", offset, data))
        return True

    def erase(self) -> None:
        self._target.done.append(("kept erase",))

    def commit(self, chip: int) -> int:
        self._target.done.append(("kept commit", chip))
        return 0


class FakePairing:
    def __init__(self, target: FakeTarget) -> None:
        self._target = target

    def want(self, wish: int) -> bool:
        if wish > 3:
            return False
        if wish != ASK:
            self._target.done.append(("pairing", wish))
        return True

    def about(self) -> bytes:
        return b"policy"


# Bytes of a command, opcode and reference among them; 7 has spans, 18 a part of any length up to 200.
LENGTHS = {
    1: 6,
    2: 2,
    3: 6,
    4: 6,
    5: 3,
    6: 3,
    8: 3,
    9: 5,
    10: 4,
    11: 8,
    12: 10,
    13: 2,
    14: 36,
    15: 2,
    16: 2,
    17: 4,
    19: 3,
    20: 3,
}
FETCH, UPDATE_ASK, UPDATE_POSITION, KEPT_READ, KEPT_WRITE, PAIRING = 7, 13, 15, 17, 18, 20
ASK = 2
MOST_PART = 200
OPCODES = range(1, 23)


def _commands() -> st.SearchStrategy[bytes]:
    """Any bytes, and for each opcode also the right number of them: by chance that is rare."""
    right = [
        st.binary(min_size=length - 1, max_size=length - 1).map(bytes([opcode]).__add__)
        for opcode, length in LENGTHS.items()
    ]
    opcodes = st.sampled_from([b"", *(bytes([n]) for n in OPCODES)])
    lengths = st.one_of(st.binary(max_size=6), st.binary(max_size=40), st.binary(min_size=198, max_size=206))
    return st.one_of(st.builds(bytes.__add__, opcodes, lengths), *right)


def _asks_only(raw: bytes) -> bool:
    return raw[0] in (UPDATE_ASK, UPDATE_POSITION, KEPT_READ) or (raw[0] == PAIRING and raw[2] == ASK)


@settings(deadline=None, max_examples=600)
@given(raw=_commands())
def test_any_bytes_are_answered_and_only_valid_ones_act(raw: bytes, firmware: Callable[[str], Any]) -> None:
    target = FakeTarget()
    control = firmware("control").Control(target)
    result = control.execute(raw)
    if raw[:1] == bytes([FETCH]) and result == 0:
        assert len(target.done) == (len(raw) - 2) / 6 <= 4
        assert all(samples for *_, samples in target.done)
    elif result == 0 and _asks_only(raw):
        assert target.done == []
        assert control.rest
    else:
        assert len(target.done) == (result == 0)
    if len(raw) < 2:
        assert result == 2
    elif raw[0] == FETCH:
        assert (result == 2) == ((len(raw) - 2) % 6 != 0 or not 1 <= (len(raw) - 2) // 6 <= 4)
    elif raw[0] == KEPT_WRITE:
        assert result == (0 if 4 < len(raw) <= 4 + MOST_PART else 2)
    elif raw[0] not in LENGTHS:
        assert result == 1
    elif len(raw) != LENGTHS[raw[0]]:
        assert result == 2
    else:
        _check_valid_length(raw, result)


def _check_valid_length(raw: bytes, result: int) -> None:
    """The result of a command that is as long as it has to be."""
    match raw[0]:
        case 3:
            rate_hz = struct.unpack("<f", raw[2:])[0]
            assert (result == 0) == (50 <= rate_hz <= 1000)
        case 13 | 14 | 15 | 16 | 17:
            assert result == 0
        case 19:
            assert (result == 0) == (raw[2] <= 1)
        case 20:
            assert (result == 0) == (raw[2] <= 3)
        case _:
            assert result in (0, 3)


@settings(deadline=None, max_examples=100)
@given(raw=_commands())
def test_in_a_set_nothing_is_updated_calibrated_or_paired(raw: bytes, firmware: Callable[[str], Any]) -> None:
    target = FakeTarget(streaming=True)
    result = firmware("control").Control(target).execute(raw)
    allowed = ("start", "stop", "identify", "heartbeat", "fetch", "idle", "arm", "record", "erase", "find", "cue")
    assert all(name in allowed for name, *_ in target.done), (raw, result, target.done)


@settings(deadline=None, max_examples=200)
@given(rate_hz=st.floats(20.0, 4000.0))
def test_the_rate_needs_no_float(rate_hz: float, firmware: Callable[[str], Any]) -> None:
    period_q14 = round(1e6 * 2**14 / rate_hz)
    buf = bytearray(4)
    firmware("wire").put_rate(buf, 0, period_q14)
    exact = 1e6 * 2**14 / period_q14
    assert 0 <= exact - struct.unpack("<f", buf)[0] < exact * 2**-22


@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=80))
def test_checksum_is_crc16_ccitt_false(data: bytes, firmware: Callable[[str], Any]) -> None:
    import binascii

    assert firmware("wire").crc16(data, len(data)) == binascii.crc_hqx(data, 0xFFFF)


def test_samples_fit_the_mtu(firmware: Callable[[str], Any]) -> None:
    samples_for_mtu = firmware("wire").samples_for_mtu
    assert [samples_for_mtu(mtu) for mtu in (0, 23, 28, 29, 40, 41, 185, 247, 517)] == [0, 0, 0, 1, 1, 2, 14, 19, 19]
    for mtu in range(29, 248):
        assert 3 + 14 + 12 * samples_for_mtu(mtu) <= mtu
