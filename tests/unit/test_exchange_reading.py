"""Opening npz and CSV files: what is accepted, what it becomes, and the one line that refuses everything else."""

import errno
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from bartracker.errors import BartrackerError
from bartracker.exchange import read
from bartracker.exchange.columns import collect
from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray

HEADER = "t_s,acc_x_mps2,acc_y_mps2,acc_z_mps2,gyr_x_radps,gyr_y_radps,gyr_z_radps"
RATE_HZ = 200.0


def swing(count: int = 2000, rate_hz: float = RATE_HZ, seed: int = 1) -> dict[str, FloatArray]:
    """A sensor that rocks about its x axis by up to 0.5 rad, with noise: t, acc and gyr that agree with each other."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(count) / rate_hz
    angle = 0.5 * np.sin(2 * np.pi * 0.4 * t_s)
    turn = np.gradient(angle, t_s)
    acc = STANDARD_GRAVITY_MPS2 * np.column_stack((np.zeros(count), np.sin(angle), np.cos(angle)))
    gyr = np.column_stack((turn, np.zeros(count), np.zeros(count)))
    return {
        "t": t_s,
        "acc": acc + rng.normal(0, 0.02, acc.shape),
        "gyr": gyr + rng.normal(0, 0.002, gyr.shape),
    }


def save(path: Path, arrays: Mapping[str, object]) -> Path:
    np.savez(path, allow_pickle=False, **{name: np.asanyarray(values) for name, values in arrays.items()})
    return path


def table(arrays: Mapping[str, FloatArray]) -> str:
    rows = np.column_stack((arrays["t"], arrays["acc"], arrays["gyr"])).tolist()
    return "\n".join([HEADER, *(",".join(map(repr, row)) for row in rows)]) + "\n"


def refusal(path: Path) -> str:
    with pytest.raises(BartrackerError) as caught:
        read(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(str(path))
    assert caught.value.remedy
    return line


def test_npz_becomes_blocks_of_samples_in_order(tmp_path: Path) -> None:
    arrays = swing()
    recording = read(save(tmp_path / "a.npz", arrays))
    samples = collect(recording, "")
    np.testing.assert_array_equal(samples.t_s, arrays["t"])
    np.testing.assert_array_equal(samples.acc_mps2, arrays["acc"])
    np.testing.assert_array_equal(samples.gyr_radps, arrays["gyr"])
    np.testing.assert_array_equal(samples.sample_index, np.arange(2000))
    assert {len(block) for block in recording.blocks[:-1]} == {19}
    assert recording.nominal_rate_hz is None
    assert recording.problems == ()
    assert not samples.acc_clipped.any()
    assert not samples.gyr_clipped.any()


def test_single_precision_integers_and_memory_order_are_read(tmp_path: Path) -> None:
    arrays = swing()
    acc = np.asfortranarray(arrays["acc"].astype(">f4"))
    recording = read(save(tmp_path / "a.npz", arrays | {"acc": acc, "seq": np.arange(7, 2007, dtype=np.uint16)}))
    samples = collect(recording, "")
    np.testing.assert_array_equal(samples.acc_mps2, arrays["acc"].astype(np.float32).astype(np.float64))
    assert samples.sample_index[0] == 7


def test_holes_of_seq_are_kept_and_arrival_makes_the_blocks(tmp_path: Path) -> None:
    arrays = swing()
    keep = np.ones(2000, dtype=np.bool_)
    keep[300:360] = False
    seq = np.flatnonzero(keep)
    arrival = np.ceil(arrays["t"][keep] / 0.03) * 0.03
    given = {name: values[keep] for name, values in arrays.items()}
    recording = read(save(tmp_path / "a.npz", given | {"seq": seq, "t_arrival": arrival, "fs_nominal": 200.0}))
    np.testing.assert_array_equal(collect(recording, "").sample_index, seq)
    assert [block.arrival_s for block in recording.blocks] == np.unique(arrival).tolist()
    assert recording.nominal_rate_hz == 200.0


@pytest.mark.parametrize("jitter", [0.0, 0.1, 0.2])
def test_holes_in_time_become_lost_samples_and_jitter_does_not(tmp_path: Path, jitter: float) -> None:
    arrays = swing(20_000)
    rng = np.random.default_rng(5)
    keep = np.ones(20_000, dtype=np.bool_)
    for start in rng.integers(100, 19_800, 30):
        keep[start : start + 6 * int(rng.integers(1, 20))] = False
    t_s = arrays["t"] + rng.normal(0, jitter / RATE_HZ, 20_000).clip(-0.45 / RATE_HZ, 0.45 / RATE_HZ)
    given = {"t": t_s.astype(np.float32), "acc": arrays["acc"], "gyr": arrays["gyr"]}
    recording = read(save(tmp_path / "a.npz", {name: values[keep] for name, values in given.items()}))
    truth = np.flatnonzero(keep)
    np.testing.assert_array_equal(collect(recording, "").sample_index, truth - truth[0])


def test_clock_of_whole_milliseconds_makes_no_holes(tmp_path: Path) -> None:
    arrays = swing(4000, 417.0)
    arrays["t"] = np.floor(arrays["t"] * 1000) / 1000
    np.testing.assert_array_equal(collect(read(save(tmp_path / "a.npz", arrays)), "").sample_index, np.arange(4000))


def test_rate_stands_in_for_times(tmp_path: Path) -> None:
    arrays = swing()
    del arrays["t"]
    recording = read(save(tmp_path / "a.npz", arrays | {"fs": 200.0, "opt_pos": np.full((2000, 3), np.nan)}))
    np.testing.assert_allclose(collect(recording, "").t_s, np.arange(2000) / 200.0)
    assert recording.nominal_rate_hz == 200.0


@pytest.mark.parametrize(("range_g", "plateau", "marked"), [(16, 1, True), (8, 4, True), (8, 1, False), (15, 4, False)])
def test_end_stops_of_the_accelerometer_are_marked(tmp_path: Path, range_g: int, plateau: int, marked: bool) -> None:
    arrays = swing()
    arrays["acc"][700 : 700 + plateau, 1] = -range_g * STANDARD_GRAVITY_MPS2 * (1 - 1 / 32768)
    clipped = collect(read(save(tmp_path / "a.npz", arrays)), "").acc_clipped
    assert np.flatnonzero(clipped).tolist() == (list(range(700, 700 + plateau)) if marked else [])


def test_end_stops_of_the_gyroscope_are_marked(tmp_path: Path) -> None:
    arrays = swing()
    arrays["gyr"][40:45, 2] = np.deg2rad(2000.0) * 0.9999
    clipped = collect(read(save(tmp_path / "a.npz", arrays)), "").gyr_clipped
    assert np.flatnonzero(clipped).tolist() == [40, 41, 42, 43, 44]


def test_csv_reads_like_npz_whatever_the_order_of_columns_and_line_ends(tmp_path: Path) -> None:
    arrays = swing()
    plain = tmp_path / "a.csv"
    plain.write_text(table(arrays))
    lines = [line.split(",") for line in table(arrays).splitlines()]
    turned = tmp_path / "b.csv"
    turned.write_bytes(
        b"\xef\xbb\xbf"
        + "\r\n".join(",".join(["note" if n == 0 else "x", *row[::-1]]) for n, row in enumerate(lines)).encode()
    )
    for path in (plain, turned):
        samples = collect(read(path), "")
        np.testing.assert_array_equal(samples.acc_mps2, arrays["acc"])
        np.testing.assert_array_equal(samples.gyr_radps, arrays["gyr"])
        np.testing.assert_array_equal(samples.t_s, arrays["t"])


def test_frozen_stretch_and_silent_gyroscope_are_told(tmp_path: Path) -> None:
    arrays = swing()
    arrays["acc"][500:900] = arrays["acc"][500]
    arrays["gyr"][:] = 0.0
    problems = read(save(tmp_path / "a.npz", arrays)).problems
    assert "row 501 to row 900" in problems[0]
    assert "gyroscope reads zero" in problems[1]


def npz_case(name: str) -> dict[str, object]:
    arrays: dict[str, object] = dict(swing())
    swung = swing()
    acc, gyr, t_s = swung["acc"], swung["gyr"], swung["t"]
    match name:
        case "acc in g":
            arrays["acc"] = acc / STANDARD_GRAVITY_MPS2
        case "acc in mg":
            arrays["acc"] = acc / STANDARD_GRAVITY_MPS2 * 1000
        case "counts":
            arrays["acc"] = (acc * 4000).astype(np.int32)
        case "acc zero":
            arrays["acc"] = acc * 0
        case "gyr in deg/s, fast":
            arrays["gyr"] = np.rad2deg(gyr)
        case "gyr in deg/s, slow":
            arrays["gyr"] = np.rad2deg(0.1 * gyr)
            arrays["acc"] = np.array([0.0, 0.0, 9.8]) + 0.01 * acc
        case "nan":
            acc[7, 2] = np.nan
            arrays["acc"] = acc
        case "infinite gyr":
            gyr[3, 0] = np.inf
            arrays["gyr"] = gyr
        case "backwards":
            t_s[100:] -= 0.2
            arrays["t"] = t_s
        case "same time":
            t_s[100] = t_s[99]
            arrays["t"] = t_s
        case "milliseconds":
            arrays["t"] = t_s * 1000
        case "too irregular":
            arrays["t"] = np.floor(np.arange(2000) / 10) * 0.05 + np.arange(2000) % 10 * 1e-3
        case "days":
            t_s[1000:] += 200_000
            arrays["t"] = t_s
        case "wrong rate":
            arrays["fs_nominal"] = 100.0
        case "no rate":
            arrays["fs_nominal"] = 0.0
        case "seq falls":
            seq = np.arange(2000)
            seq[50] = 49
            arrays["seq"] = seq
        case "seq broken":
            arrays["seq"] = np.arange(2000) + 0.5
        case "seq negative":
            arrays["seq"] = np.arange(2000) - 5
        case "no t":
            del arrays["t"]
        case "no acc":
            del arrays["acc"]
        case "flat acc":
            arrays["acc"] = acc[:, 0]
        case "short gyr":
            arrays["gyr"] = gyr[:-1]
        case "complex":
            arrays["acc"] = acc + 1j
        case "frozen":
            arrays["acc"] = np.tile(acc[0], (2000, 1))
            arrays["gyr"] = np.tile(gyr[0], (2000, 1))
        case "one sample":
            arrays = {key: values[:1] for key, values in swung.items()}
        case _:
            raise AssertionError(name)
    return arrays


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("acc in g", ("in g", "9.80665")),
        ("acc in mg", ("thousandths of g", "0.00980665")),
        ("counts", ("median of |acc|",)),
        ("acc zero", ("acc is zero",)),
        ("gyr in deg/s, fast", ("deg/s", "0.0174533")),
        ("gyr in deg/s, slow", ("deg/s", "0.0174533")),
        ("nan", ("acc is nan in row 8",)),
        ("infinite gyr", ("gyr is inf in row 4",)),
        ("backwards", ("time runs backwards after row 100",)),
        ("same time", ("rows 100 and 101",)),
        ("milliseconds", ("milliseconds", "0.001")),
        ("too irregular", ("irregular", "seq")),
        ("days", ("hours", "after row 1000")),
        ("wrong rate", ("200", "100 Hz")),
        ("no rate", ("fs_nominal",)),
        ("seq falls", ("seq does not rise after row 50",)),
        ("seq broken", ("seq",)),
        ("seq negative", ("seq lies outside",)),
        ("no t", ("lacks t",)),
        ("no acc", ("lacks acc",)),
        ("flat acc", ("acc is of shape", "(N, 3)")),
        ("short gyr", ("gyr is of shape",)),
        ("complex", ("acc holds objects or records",)),
        ("frozen", ("frozen",)),
        ("one sample", ("holds 1 samples",)),
    ],
)
def test_npz_that_is_no_recording_is_refused_in_one_line(tmp_path: Path, name: str, words: tuple[str, ...]) -> None:
    line = refusal(save(tmp_path / "a.npz", npz_case(name)))
    for word in words:
        assert word in line


def test_objects_never_load(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, allow_pickle=True, **(dict(swing()) | {"seq": np.array([{"a": 1}] * 2000, dtype=object)}))
    assert "seq holds objects" in refusal(path)


@pytest.mark.parametrize("shape", ["(99999999, 3)", "(2000000000, 3)", "(2000, 3)"])
def test_zip_that_promises_more_than_it_holds_is_refused_before_it_is_unpacked(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    bomb = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(1000)
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for key in ("acc", "gyr", "t"):
            archive.writestr(f"{key}.npy", bomb)
    line = refusal(path)
    assert "claims" in line or "cut off" in line


def test_truncated_and_altered_zip_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    np.savez_compressed(whole, allow_pickle=False, **swing())
    data = whole.getvalue()
    path = tmp_path / "a.npz"
    path.write_bytes(data[: len(data) // 2])
    assert "damaged" in refusal(path)
    altered = bytearray(data)
    altered[len(data) // 3] ^= 0xFF
    path.write_bytes(altered)
    assert "damaged" in refusal(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("is empty",)),
        (HEADER + "\n", ("no samples",)),
        ("0.0,0,0,9.8,0,0,0\n0.1,0,0,9.8,0,0,0\n", ("no header",)),
        ("t_s,acc_x_mps2,acc_y_mps2\n1,2,3\n", ("lacks columns acc_z_mps2, gyr_x_radps",)),
        (
            "t_s,acc_x_g,acc_y_g,acc_z_g,gyr_x_radps,gyr_y_radps,gyr_z_radps\n",
            ("acc_x_g is acceleration in g", "9.80665"),
        ),
        (HEADER.replace("radps", "dps") + "\n", ("gyr_x_dps is angular rate in deg/s", "0.0174533")),
        (HEADER.replace("t_s", "t_ms") + "\n", ("t_ms is time",)),
        (HEADER.replace(",", ";") + "\n0,0;1,0;0;9,8;0;0;0\n", ("semicolons",)),
        (HEADER.replace(",", "\t") + "\n", ("tabs",)),
        (HEADER + ",t_s\n", ("column t_s twice",)),
        (HEADER + "\n0,0,0,9.8,0,0,0\n0.01,0,0,oops,0,0,0\n", ("line 3, column acc_z_mps2", "'oops' is no number")),
        (HEADER + "\n0,0,0,9.8,0,0,0\n0.01,0,,9.8,0,0,0\n", ("line 3, column acc_y_mps2",)),
        (HEADER + "\n\n0,0,0,9.8,0,0,nan\n", ("line 3, column gyr_z_radps", "'nan'")),
        (HEADER + "\n0,0,0,9.8,0,0,1e999\n", ("line 2, column gyr_z_radps",)),
        (HEADER + "\n0,0,0,9.8,0,0,0\n0.01,0,0,9.\n", ("line 3 has 4 cells",)),
        (HEADER + "\n0,00,0,1,0,2,9,8,0,0,0,0,0,0\n", ("line 2 has 14 cells", "points")),
        (HEADER + '\n0,0,0,"9,8",0,0,0\n', ("decimal comma",)),
        (HEADER + "\n" + "7" * 200_000, ("line 2",)),
        ("Exercise,Set,Rep,Weight\n", ("lacks columns",)),
    ],
)
def test_csv_that_is_no_recording_is_refused_in_one_line(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    line = refusal(path)
    for word in words:
        assert word in line


def test_csv_line_of_a_bad_cell_is_right_beyond_the_first_piece(tmp_path: Path) -> None:
    lines = table(swing(60_000)).splitlines()
    lines[55_000] = lines[55_000].replace(",", ",x", 1)
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    assert "line 55001, column acc_x_mps2" in refusal(path)


def test_other_things_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such file" in refusal(tmp_path / "missing.npz")
    assert "folder" in refusal(tmp_path)
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert "kind" in refusal(picture)
    renamed = tmp_path / "a.npz"
    renamed.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert "no .npz" in refusal(renamed)
    text = tmp_path / "latin.csv"
    text.write_bytes(HEADER.encode() + b"\n\xff\xfe\n")
    assert "no text" in refusal(text)
    analysis = tmp_path / "a.json"
    analysis.write_text('{"schema": "bartracker.analysis/1"}')
    assert "is an analysis" in refusal(analysis)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    save(renamed, swing())
    monkeypatch.setattr(Path, "open", denied)
    assert "permission" in refusal(renamed)


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_names_that_name_nothing_are_refused(name: str) -> None:
    with pytest.raises(BartrackerError, match="no file name"):
        read(name)
