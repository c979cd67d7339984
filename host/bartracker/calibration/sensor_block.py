"""A calibration as it is kept in the sensor itself: one block of fixed length (docs/protocol.md). Single precision; the
covariance stands in it whole, so that whoever uses it knows as much as the host that made it.
"""

import struct
import zlib
from datetime import UTC, datetime
from typing import Final

import numpy as np

from bartracker.calibration.model import PARAMETERS, Calibration
from bartracker.errors import BartrackerError
from bartracker.wire.info import CHIPS

BLOCK_BYTES: Final = 1380
_MAGIC: Final = b"BTCL"
_VERSION: Final = 1
_HEAD: Final = struct.Struct("<4sBBH8sIhH16s")
_CRC: Final = struct.Struct("<I")
_UNKNOWN_CENTIDEGC: Final = -32768
_ID_BYTES: Final = 8
_NAME_BYTES: Final = 16
_LOWER: Final = np.tril_indices(PARAMETERS)
_SIZES: Final = (3, 9, 3, 9, 9, 1, PARAMETERS * (PARAMETERS + 1) // 2)
_MOST: Final = (5.0, 0.5, 1.0, 0.5, 0.125, 9.9, 10.0)
"""Each part is smaller, matrices less the identity: m/s^2, rad/s, rad/s per m/s^2; the firmware refuses more."""
_AGAIN: Final = "calibrate the sensor again: bartracker calibrate"


def encode_block(calibration: Calibration) -> bytes:
    """The block of a calibration that says whose it is.

    Raises BartrackerError where sensor or chip are not known, or the numbers are none a sensor would keep.
    """
    given = f"calibration {calibration.name!r}"
    sensor_id = _id_bytes(calibration.sensor_id)
    chip = next((number for number, name in CHIPS.items() if name == calibration.chip), None)
    if sensor_id is None or chip is None:
        raise BartrackerError(given, "does not say of which sensor and chip it is", _AGAIN)
    covariance = np.zeros((PARAMETERS, PARAMETERS)) if calibration.covariance is None else calibration.covariance
    parts = (
        calibration.acc_bias_mps2,
        calibration.acc_matrix,
        calibration.gyr_bias_radps,
        calibration.gyr_matrix,
        calibration.gyr_per_acc,
        np.array(calibration.gravity_mps2 or 0.0),
        covariance[_LOWER],
    )
    for at, (part, most) in enumerate(zip(parts, _MOST, strict=True)):
        sent = part.astype(np.float32)
        if not np.all(np.abs(sent - np.eye(3) if at in (1, 3) else sent) < most):
            raise BartrackerError(given, "holds numbers that cannot be a sensor's", _AGAIN)
    values = np.concatenate([np.ravel(part) for part in parts]).astype("<f4")
    head = _HEAD.pack(
        _MAGIC,
        _VERSION,
        chip,
        BLOCK_BYTES,
        sensor_id,
        _seconds(calibration.made_utc),
        _centidegc(calibration.temperature_degc),
        0,
        calibration.name.encode()[:_NAME_BYTES],
    )
    body = head + values.tobytes()
    return body + _CRC.pack(zlib.crc32(body))


def decode_block(block: bytes, given: str) -> Calibration:
    """The calibration in a block; `given` names the sensor. Raises BartrackerError, and nothing else, for any bytes."""
    if len(block) < _HEAD.size or block[:4] != _MAGIC:
        raise BartrackerError(given, "what it keeps is no calibration", _AGAIN)
    _, version, chip, length, sensor_id, seconds, centidegc, _, name = _HEAD.unpack_from(block)
    if version != _VERSION:
        raise BartrackerError(given, f"keeps a calibration of version {version}", "update the program")
    if length != BLOCK_BYTES or len(block) != BLOCK_BYTES:
        raise BartrackerError(given, f"keeps {len(block)} bytes of a calibration of {BLOCK_BYTES}", _AGAIN)
    if _CRC.unpack_from(block, BLOCK_BYTES - _CRC.size)[0] != zlib.crc32(block[: -_CRC.size]):
        raise BartrackerError(given, "keeps a calibration that is damaged", _AGAIN)
    values = np.frombuffer(block, dtype="<f4", offset=_HEAD.size, count=sum(_SIZES)).astype(np.float64)
    parts = np.split(values, np.cumsum(_SIZES)[:-1])
    document: dict[str, object] = {
        "name": name.rstrip(b"\0").decode("utf-8", "ignore") or "unnamed",
        "acc_bias_mps2": parts[0],
        "acc_matrix": parts[1].reshape(3, 3),
        "gyr_bias_radps": parts[2],
        "gyr_matrix": parts[3].reshape(3, 3),
        "gyr_per_acc": parts[4].reshape(3, 3),
        "sensor_id": sensor_id.hex(),
        "chip": CHIPS.get(chip, str(chip)),
    }
    if parts[5][0]:
        document["gravity_mps2"] = parts[5][0]
    if parts[6].any():
        document["covariance"] = parts[6]
    if centidegc != _UNKNOWN_CENTIDEGC:
        document["temperature_degc"] = centidegc / 100
    if seconds:
        document["made_utc"] = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return Calibration.from_dict(given, document)


def _id_bytes(sensor_id: str | None) -> bytes | None:
    try:
        raw = bytes.fromhex(sensor_id or "")
    except ValueError:
        return None
    return raw.ljust(_ID_BYTES, b"\0") if 0 < len(raw) <= _ID_BYTES else None


def made_s(made_utc: str | None) -> float | None:
    """When a calibration was made, s since 1970 UTC; None if that is not known."""
    try:
        made = datetime.fromisoformat(made_utc or "")
    except ValueError:
        return None
    return (made if made.tzinfo else made.replace(tzinfo=UTC)).timestamp()


def _seconds(made_utc: str | None) -> int:
    seconds = made_s(made_utc)
    return int(seconds) if seconds is not None and 0 < seconds < 2**32 else 0


def _centidegc(temperature_degc: float | None) -> int:
    if temperature_degc is None or not -300.0 < temperature_degc < 300.0:
        return _UNKNOWN_CENTIDEGC
    return round(100 * temperature_degc)
