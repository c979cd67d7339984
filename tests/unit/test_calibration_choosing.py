"""Of the calibration here and the one in the sensor the newer is used, in one line; a foreign one never."""

from dataclasses import replace

import numpy as np
import pytest

from bartracker.calibration import Calibration
from bartracker.calibration.choosing import choose
from bartracker.calibration.sensor_block import encode_block
from bartracker.errors import BartrackerError

ID = "0b000000b7010000"
CHIP = "LSM6DSO/DSOX"


def made(day: int | None, **changes: object) -> Calibration:
    utc = None if day is None else f"2026-01-{day:02d}T03:04:05+00:00"
    base = Calibration(
        "table", np.eye(3), np.full(3, 0.1), np.eye(3), np.zeros(3), sensor_id=ID, chip=CHIP, made_utc=utc
    )
    return replace(base, **changes)


@pytest.mark.parametrize(
    ("here", "there", "used", "words"),
    [
        (None, None, None, ""),
        (3, None, "here", ""),
        (None, 3, "there", "calibrated 2026-01-03 03:04, as the sensor itself has kept"),
        (3, 3, "here", ""),
        (3, 4, "there", "its own calibration (2026-01-04 03:04) is used: newer than the one here (2026-01-03 03:04)"),
        (
            5,
            4,
            "here",
            "the calibration here (2026-01-05 03:04) is used: newer than the sensor's own (2026-01-04 03:04)",
        ),
    ],
)
def test_the_newer_one_is_used(here: int | None, there: int | None, used: str | None, words: str) -> None:
    mine = None if here is None else made(here, name="here")
    block = None if there is None else encode_block(made(there, name="there"))
    chosen = choose(mine, block, sensor_id=ID, chip=CHIP)
    assert (None if chosen.calibration is None else chosen.calibration.name) == used
    assert chosen.words == words


def test_dates_that_are_not_known_lose() -> None:
    undated = made(None, name="undated")
    assert choose(made(1), encode_block(undated), sensor_id=ID, chip=CHIP).calibration is not None
    assert choose(made(1, name="dated"), encode_block(undated), sensor_id=ID, chip=CHIP).calibration.name == "dated"
    assert choose(undated, encode_block(made(1, name="dated")), sensor_id=ID, chip=CHIP).calibration.name == "dated"


@pytest.mark.parametrize(
    ("change", "words"),
    [({"sensor_id": "0c000000b7010000"}, "of sensor 0c000000b7010000"), ({"chip": "BMI270"}, "of a BMI270")],
)
def test_anothers_is_never_used(change: dict[str, object], words: str) -> None:
    foreign = encode_block(made(9, **change))
    mine = made(3)
    chosen = choose(mine, foreign, sensor_id=ID, chip=CHIP)
    assert chosen.calibration is mine
    assert words in chosen.words
    assert choose(None, foreign, sensor_id=ID, chip=CHIP).calibration is None


def test_damage_is_said_and_the_one_here_used() -> None:
    mine = made(3)
    chosen = choose(mine, encode_block(made(9))[:-1] + b"\0", sensor_id=ID, chip=CHIP)
    assert chosen.calibration is mine
    assert "not used" in chosen.words


@pytest.mark.parametrize(
    "change", [{"sensor_id": None}, {"chip": None}, {"sensor_id": "xy"}, {"acc_bias_mps2": np.full(3, 9.0)}]
)
def test_what_no_sensor_would_keep_is_not_sent(change: dict[str, object]) -> None:
    with pytest.raises(BartrackerError):
        encode_block(made(1, **change))
