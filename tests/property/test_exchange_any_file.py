"""Any bytes under any name open as a recording or are refused in one line; sound samples survive every format."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bartracker.errors import BartrackerError
from bartracker.exchange import import_recording, read, read_analysis_json, write_samples_csv, write_samples_npz
from bartracker.exchange.columns import collect
from bartracker.recording.recording import Recording

HEADER = "t_s,acc_x_mps2,acc_y_mps2,acc_z_mps2,gyr_x_radps,gyr_y_radps,gyr_z_radps"
NAMES = st.sampled_from(["a.npz", "a.csv", "a.btr", "a.txt", "a"])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def opens_or_is_refused(path: Path) -> None:
    try:
        recording = read(path)
    except BartrackerError as error:
        refusal = error
    else:
        for block in recording.blocks:
            assert np.isfinite(block.acc_mps2).all()
            assert np.isfinite(block.gyr_radps).all()
            assert (np.diff(block.sample_index) > 0).all()
        return
    assert str(refusal).startswith(str(path))
    assert "\n" not in str(refusal)
    assert refusal.remedy


def sound_npz() -> bytes:
    rng = np.random.default_rng(2)
    whole = io.BytesIO()
    np.savez(
        whole,
        t=np.arange(60) / 100,
        acc=rng.normal((0.0, 0.0, 9.8), 0.1, (60, 3)),
        gyr=rng.normal(0, 0.01, (60, 3)),
        seq=np.arange(60),
        fs_nominal=100.0,
    )
    return whole.getvalue()


SOUND = sound_npz()


@settings(deadline=None, max_examples=150)
@given(
    name=NAMES,
    data=st.binary(max_size=400),
    start=st.sampled_from([b"", b"PK\x03\x04", b"\x93NUMPY", b"\x89BTR\r\n\x1a\n"]),
)
def test_any_bytes(folder: Path, name: str, data: bytes, start: bytes) -> None:
    (folder / name).write_bytes(start + data)
    opens_or_is_refused(folder / name)


@settings(deadline=None, max_examples=300)
@given(
    cut=st.integers(0, len(SOUND)),
    changes=st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=6),
)
def test_altered_zip(folder: Path, cut: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray(SOUND)
    for place, value in changes:
        data[place] = value
    (folder / "a.npz").write_bytes(data[: cut or None])
    opens_or_is_refused(folder / "a.npz")


@settings(deadline=None, max_examples=150)
@given(
    key=st.sampled_from(["t", "acc", "gyr", "seq", "t_arrival", "fs_nominal", "metadata", "acc_clipped"]),
    member=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=80).map(
            lambda text: b"\x93NUMPY\x01\x00" + len(text.encode()).to_bytes(2, "little") + text.encode() + bytes(64)
        ),
        hnp.arrays(
            st.one_of(hnp.scalar_dtypes(), hnp.unicode_string_dtypes()),
            hnp.array_shapes(min_dims=0, max_dims=2, max_side=60),
        ).map(lambda values: npy(values)),
    ),
)
def test_strange_member_of_a_sound_zip(folder: Path, key: str, member: bytes) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SOUND)) as sound, zipfile.ZipFile(whole, "w") as archive:
        for name in sound.namelist():
            if name != f"{key}.npy":
                archive.writestr(name, sound.read(name))
        archive.writestr(f"{key}.npy", member)
    (folder / "a.npz").write_bytes(whole.getvalue())
    opens_or_is_refused(folder / "a.npz")


def npy(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> bytes:
    member = io.BytesIO()
    np.lib.format.write_array(member, values, allow_pickle=False)
    return member.getvalue()


@settings(deadline=None, max_examples=200)
@given(
    rows=st.lists(
        st.lists(
            st.one_of(st.text(alphabet='0123456789.-+eE,;"nainf \t\r\0', max_size=6), st.floats().map(repr)), max_size=9
        ),
        max_size=6,
    )
)
def test_any_table(folder: Path, rows: list[list[str]]) -> None:
    text = "\n".join([HEADER, *(",".join(row) for row in rows)])
    (folder / "a.csv").write_bytes(text.encode())
    opens_or_is_refused(folder / "a.csv")


@settings(deadline=None, max_examples=100)
@given(
    data=st.one_of(
        st.binary(max_size=200), st.text(alphabet='{}[]":,0123456789.eE-truefalsn', max_size=100).map(str.encode)
    )
)
def test_any_json(folder: Path, data: bytes) -> None:
    (folder / "a.json").write_bytes(data)
    with pytest.raises(BartrackerError):
        read_analysis_json(folder / "a.json")


@st.composite
def sound_arrays(draw: st.DrawFn) -> dict[str, object]:
    """A sensor at rest with values of any precision, holes in seq, stamps with jitter."""
    count = draw(st.integers(2, 80))
    steps = draw(hnp.arrays(np.int64, count, elements=st.integers(1, 1) | st.integers(1, 9)))
    seq = np.cumsum(steps) + draw(st.integers(0, 2**31))
    jitter = draw(hnp.arrays(np.float64, count, elements=st.floats(-0.05, 0.05)))
    small = st.floats(-0.2, 0.2)
    gyr = draw(hnp.arrays(np.float64, (count, 3), elements=small))
    gyr[0, 0] = 0.25  # not all alike: a frozen sensor is refused
    arrays: dict[str, object] = {
        "t": (seq - seq[0] + jitter) * 0.01 + draw(st.floats(0, 1e5)),
        "seq": seq,
        "acc": draw(hnp.arrays(np.float64, (count, 3), elements=small)) + np.array((0.0, 9.8, 0.0)),
        "gyr": gyr,
    }
    if draw(st.booleans()):
        arrays["t_arrival"] = np.sort(draw(hnp.arrays(np.float64, count, elements=st.floats(0, 9))))
    return arrays


@settings(deadline=None, max_examples=60)
@given(arrays=sound_arrays())
def test_round_trips_change_no_bit(
    folder: Path, arrays: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]
) -> None:
    np.savez(folder / "source.npz", allow_pickle=False, **arrays)
    first = read(folder / "source.npz")
    write_samples_npz(first, folder / "again.npz")
    write_samples_csv(first, folder / "again.csv")
    (folder / "again.btr").unlink(missing_ok=True)
    import_recording(folder / "source.npz", folder / "again.btr")
    for name in ("again.npz", "again.csv", "again.btr"):
        assert_same(first, read(folder / name), with_arrival=name != "again.csv")


def assert_same(left: Recording, right: Recording, *, with_arrival: bool) -> None:
    one, other = collect(left, ""), collect(right, "")
    for name in ("t_s", "stamped", "sample_index", "acc_mps2", "gyr_radps", *(["arrival_s"] if with_arrival else [])):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
