# Wire protocol v1 as the sensor speaks it (docs/protocol.md): the bytes of every message, into buffers that exist.
# 32-bit values come as 16-bit halves: a small integer ends at 2^30, and larger ones would be allocated.
# Imports neither machine nor bluetooth.
import struct

from micropython import const

MINOR = const(2)
INFO_LENGTH = const(52)
STATUS_LENGTH = const(42)
REPLY_LENGTH = const(4)
END_LENGTH = const(8)
ENTRY_LENGTH = const(16)
LOG_HEADER_LENGTH = const(8)
SYNC_REQUEST_LENGTH = const(12)
SYNC_REPLY_LENGTH = const(20)
HEADER_LENGTH = const(14)
SAMPLE_LENGTH = const(12)
NOTIFY_OVERHEAD = const(3)
MOST_SAMPLES = const(19)

OVERFLOW = const(1)
GAP = const(2)
ACC_CLIPPED = const(4)
GYR_CLIPPED = const(8)
BACKLOG = const(16)

OP_START = const(1)
OP_STOP = const(2)
OP_RATE = const(3)
OP_RANGE = const(4)
OP_IDENTIFY = const(5)
OP_HEARTBEAT = const(6)
OP_FETCH = const(7)
OP_MODE = const(8)
OP_CUE = const(9)
OP_LOG_ENTRY = const(10)
OP_LOG_READ = const(11)
OP_LOG_ERASE = const(12)
OP_UPDATE_ASK = const(13)
OP_UPDATE_BEGIN = const(14)
OP_UPDATE_POSITION = const(15)
OP_UPDATE_ACTIVATE = const(16)
OP_KEPT_READ = const(17)
OP_KEPT_WRITE = const(18)
OP_KEPT_SET = const(19)
OP_PAIRING = const(20)

MODE_IDLE = const(0)
MODE_ARMED = const(1)
MODE_STREAMING = const(2)
MODE_RECORDING = const(3)
MODE_SYNCING = const(4)

LIGHT = const(1)
SOUND = const(2)
SHAKE = const(4)

SETTINGS_LOST = const(1)
LOG_FULL = const(2)
RESTING = const(4)
CALIBRATION_LOST = const(8)

DONE = const(0)
UNKNOWN_COMMAND = const(1)
WRONG_LENGTH = const(2)
OUT_OF_RANGE = const(3)
NOT_NOW = const(4)
NOT_SUPPORTED = const(5)
IMU_FAULT = const(6)
NO_ROOM = const(7)
REFUSED = const(8)

IDLE = const(0)
STREAMING = const(1)
LOGGING = const(2)
FAULT = const(3)

NO_FAULT = const(0)
IMU_SILENT = const(1)
IMU_UNKNOWN = const(2)
FIFO_FAULT = const(3)
BATTERY_LOW = const(5)
IMU_NEEDS_FILE = const(6)

UNKNOWN_PERCENT = const(255)
UNKNOWN_CENTIDEGC = const(-32768)
UNKNOWN_KIB = const(0xFFFF)
NO_SLOT = const(255)

_DATA = const(0x11)
_STATUS = const(0x12)
_SYNC_REQUEST = const(0x13)
_SYNC_REPLY = const(0x14)
_LOG = const(0x15)


def samples_for_mtu(mtu: int) -> int:
    # Samples that one notification carries at this MTU, 0 if not even one.
    n = (mtu - NOTIFY_OVERHEAD - HEADER_LENGTH) // SAMPLE_LENGTH
    return 0 if n < 0 else MOST_SAMPLES if n > MOST_SAMPLES else n


def crc16(buf: "bytes | bytearray | memoryview", length: int) -> int:
    # CRC-16/CCITT-FALSE of the first bytes of buf.
    crc = 0xFFFF
    for i in range(length):
        crc ^= buf[i] << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc


def put_header(buf: bytearray, at: int, flags: int, index_hi: int, index_lo: int, us_hi: int, us_lo: int, n: int):
    # A data packet's header; the counter follows when the packet is first sent.
    struct.pack_into("<BBHHHHHBB", buf, at, _DATA, flags, 0, index_lo, index_hi, us_lo, us_hi, n, 0)


def put_info(
    buf: bytearray,
    chip: int,
    acc_g: int,
    gyr_dps: int,
    clip_count: int,
    mtu: int,
    acc_scale: float,
    gyr_scale: float,
    rate_hz: float,
    axes: "tuple[int, int, int]",
    version: "tuple[int, int, int]",
    boots: int,
    device_id: bytes,
    ring_packets: int,
):
    # The info characteristic. acc_scale m/s^2, gyr_scale rad/s per count.
    struct.pack_into("<4sBBHBB", buf, 0, b"BTRK", 1, MINOR, INFO_LENGTH, chip, 1)
    struct.pack_into("<HHHHHfff", buf, 10, acc_g, gyr_dps, clip_count, clip_count, mtu, acc_scale, gyr_scale, rate_hz)
    struct.pack_into("<bbbBBBH8sH", buf, 32, *axes, *version, boots & 0xFFFF, device_id, ring_packets)
    struct.pack_into("<H", buf, 50, crc16(buf, 50))


def put_status(
    buf: bytearray,
    state: int,
    battery_mv: int,
    battery_percent: int,
    fault: int,
    overflows: int,
    samples: int,
    sent: int,
    dropped: int,
    retries: int,
    period_q14: int,
    centidegc: int,
    waiting: int,
    mode: int,
    remarks: int,
    log_used: int,
    log_blocks: int,
    heap_kib: int,
    reset_cause: int,
    slot: int,
):
    # The status characteristic. period_q14: sampling period in 2^-14 us, 0 if unknown.
    struct.pack_into("<BBHBBH", buf, 0, _STATUS, state, battery_mv, battery_percent, fault, overflows & 0xFFFF)
    struct.pack_into("<IIII", buf, 8, samples, sent, dropped, retries)
    put_rate(buf, 24, period_q14)
    struct.pack_into("<hHBBHH", buf, 28, centidegc, waiting, mode, remarks, log_used, log_blocks)
    struct.pack_into("<HBB", buf, 38, heap_kib, reset_cause, slot)


def put_rate(buf: bytearray, at: int, period_q14: int):
    # The rate in Hz of a period in 2^-14 us as an f32, by long division: a float would be allocated.
    if period_q14 <= 62500:
        struct.pack_into("<HH", buf, at, 0, 0)
        return
    # 1e6 * 2^14 / period = 62500 * 2^18 / period, brought to 24 bits with the highest one set.
    exponent = 127 + 23 + 18
    rest = 62500
    bits = 0
    while not bits & 0x800000:
        rest <<= 1
        bits <<= 1
        if rest >= period_q14:
            rest -= period_q14
            bits |= 1
        exponent -= 1
    struct.pack_into("<HH", buf, at, bits & 0xFFFF, (exponent << 7) | (bits >> 16) & 0x7F)


def put_reply(buf: bytearray, opcode: int, reference: int, result: int, detail: int):
    # The indication that answers a command. detail: see the command.
    struct.pack_into("<BBBB", buf, 0, opcode | 0x80, reference, result, detail)


def put_end(buf: bytearray, index_hi: int, index_lo: int):
    # What the reply to "stop" has besides: the index after the last sample that was taken until then.
    struct.pack_into("<HH", buf, REPLY_LENGTH, index_lo, index_hi)


def put_entry(buf: bytearray, sessions: int, blocks: int, session: int, last: int):
    # What the reply to "log entry" has besides: how many sessions there are, and the one asked for.
    struct.pack_into("<HHII", buf, REPLY_LENGTH, sessions, blocks, session, last)


def put_log_header(buf: bytearray, offset: int, sequence: int):
    # The head of a part of a block of the log; its bytes follow.
    struct.pack_into("<BBHI", buf, 0, _LOG, 0, offset, sequence)


def put_sync_reply(buf: bytearray, request: bytes, t2_hi: int, t2_lo: int, t3_hi: int, t3_lo: int):
    # The answer to a valid time sync request; t1 goes back as it came.
    buf[0] = _SYNC_REPLY
    for i in range(1, SYNC_REQUEST_LENGTH):
        buf[i] = request[i]
    struct.pack_into("<HHHH", buf, 12, t2_lo, t2_hi, t3_lo, t3_hi)


def is_sync_request(raw: bytes) -> bool:
    return len(raw) == SYNC_REQUEST_LENGTH and raw[0] == _SYNC_REQUEST
