"""What is written reads back the same; the analysis JSON keeps its format; nothing half-written stays."""

import csv
import errno
import json
import math
import os
from dataclasses import fields, replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from bartracker.errors import BartrackerError
from bartracker.exchange import (
    analysis_schema,
    analysis_to_dict,
    analysis_to_json,
    import_recording,
    read,
    read_analysis_json,
    write_analysis_json,
    write_reps_csv,
    write_samples_csv,
    write_samples_npz,
)
from bartracker.exchange.columns import collect
from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.results import Analysis, Flag, Rep, RepSet, SetSummary
from bartracker.samples import Gap, StampedBlock

GOLDEN = Path(__file__).parent.parent / "golden" / "analysis_v1.json"


def rep(index: int, **changes: object) -> Rep:
    values = Rep(
        index=index,
        kind="full",
        start_s=10.0 + index,
        turn_s=10.5 + index,
        end_s=11.25 + index,
        concentric_start_s=10.5 + index,
        concentric_end_s=11.25 + index,
        eccentric_start_s=10.0 + index,
        eccentric_end_s=10.4375 + index,
        concentric_duration_s=0.75,
        eccentric_duration_s=0.4375,
        turn_pause_s=0.0625,
        bottom_pause_s=0.0625,
        top_pause_s=None,
        mean_velocity_mps=0.1 + 0.2,
        mean_propulsive_velocity_mps=0.625,
        peak_velocity_mps=0.875,
        time_to_peak_s=0.3125,
        rom_m=0.0,
        horizontal_deviation_m=None,
        horizontal_drift_m=None,
        announced_s=11.375 + index,
        sigma={"rom_m": 0.01, "mean_velocity_mps": 0.02},
        flags=(Flag("axis unknown", None, None, None, "yes", "The bar’s axis is not known yet."),),
        tempo="0-0-X-?",
        velocity_zone="absolute strength",
        sticking=True,
        sticking_start_s=10.625 + index,
        sticking_lowest_s=10.75 + index,
        sticking_end_s=11.0 + index,
        sticking_velocity_mps=0.25,
        sticking_height_share=0.5,
        eccentric_mean_velocity_mps=0.5,
        eccentric_peak_velocity_mps=0.75,
        eccentric_rom_m=0.21875,
        time_under_tension_s=1.25,
        pause_stillness_mps=None,
        isometric_hold_s=0.0,
        smoothness_sparc=-1.5,
        mean_force_n=1000.0,
        peak_force_n=1500.0,
        mean_power_w=300.0,
        peak_power_w=750.0,
        bar_tilt_rad=0.0625,
        bar_rotation_rad=None,
        start_turn_rad=0.03125,
        middle_rom_m=0.25,
        middle_mean_velocity_mps=0.5,
        middle_horizontal_deviation_m=0.015625,
        middle_horizontal_drift_m=None,
    )
    return replace(values, **changes)


def analysis(*, as_live: bool = False) -> Analysis:
    """Two sets, a gap and a notice; powers of two keep the numbers short, one sum shows that bits are kept."""
    failed = rep(
        2,
        kind="failed",
        sigma={"mean_velocity_mps": math.nan, "rom_m": 0.0},
        mean_velocity_mps=math.nan,
        flags=(Flag("eccentric_fast", 0.4375, 3.0, 0.05, "yes", "Lowered in 0.4 s; 3.0 s was asked for."),),
        announced_s=None,
        sticking=None,
    )
    if as_live:
        failed = replace(failed, end_s=None, eccentric_start_s=None, eccentric_end_s=None)
    summary = SetSummary(1, 0, 1, 0.1 + 0.2, 0.1 + 0.2, 0.0, 0.0, None, None)
    summary = replace(summary, duration_s=3.5, velocity_zones={"absolute strength": 1}, sigma={"drift_trend_m": 0.5})
    spins = Flag("spinning_sleeve", 12.5, 6.25, 0.25, "yes", "the sensor turned 2.0 times about the bar")
    return Analysis(
        sample_rate_hz=203.125,
        gaps=(Gap(1.5, 1.75, 51), Gap(2.0, 2.25, 51)),
        sets=(
            RepSet(1, "squat", 1.0, "eccentric-first", 102.5, 10.0, 14.0, summary, (rep(1), failed), None, (spins,)),
            RepSet(2, "other", 0.25, "concentric-first", None, 60.0, 61.0, replace(summary, full_reps=0), (), 46.0),
        ),
        notices=("Accelerometer reads 10.14 m/s² at rest; calibrate it.",),
        as_live=as_live,
    )


def recording(*, stamped_every: int = 1, double: bool = False) -> Recording:
    """Sixty packets of 19 with a hole, as from a sensor; double: values that single precision does not hold."""
    rng = np.random.default_rng(3)
    blocks: list[StampedBlock] = []
    for packet in range(60):
        index = np.arange(19, dtype=np.int64) + 19 * packet + (0 if packet < 30 else 38)
        stamp_s = index.astype(np.float64) * 0.005 + 0.125
        stamp_s[np.arange(19) % stamped_every != 0] = np.nan
        acc = rng.normal(0, 0.05, (19, 3)) + np.array([0.0, 0.0, 9.8])
        gyr = rng.normal(0, 0.005, (19, 3))
        if not double:
            acc, gyr = acc.astype(np.float32).astype(np.float64), gyr.astype(np.float32).astype(np.float64)
        blocks.append(
            StampedBlock(index, stamp_s, acc, gyr, rng.random(19) < 0.1, rng.random(19) < 0.1, 0.2 + 0.1 * packet)
        )
    metadata = RecordingMetadata(exercise="bench", load_kg=80.5, notes="pause, 2 s", extra={"grip": "wide"})
    return Recording(metadata, tuple(blocks), 200.0, chip="LSM6DSO")


def fits_schema(document: object) -> bool:
    try:
        jsonschema.validate(document, analysis_schema(), cls=jsonschema.Draft202012Validator)
    except jsonschema.ValidationError:
        return False
    return True


def assert_same_samples(left: Recording, right: Recording, *names: str) -> None:
    one, other = collect(left, ""), collect(right, "")
    for name in names or tuple(field.name for field in fields(one)):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name, strict=True)


@pytest.mark.parametrize("stamped_every", [1, 19])
@pytest.mark.parametrize("double", [False, True])
def test_samples_come_back_from_npz_to_the_bit(tmp_path: Path, stamped_every: int, double: bool) -> None:
    before = recording(stamped_every=stamped_every, double=double)
    write_samples_npz(before, tmp_path / "a.npz")
    after = read(tmp_path / "a.npz")
    assert_same_samples(before, after)
    for one, other in zip(before.blocks, after.blocks, strict=True):
        np.testing.assert_array_equal(one.stamp_s, other.stamp_s)
        assert one.arrival_s == other.arrival_s
    assert after.metadata == before.metadata
    assert (after.nominal_rate_hz, after.chip) == (200.0, "LSM6DSO")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as plain:
        assert np.isfinite(plain["t"]).all()
        np.testing.assert_allclose(plain["t"], plain["seq"] * 0.005 + 0.125, atol=1e-9)


def test_npz_of_the_same_recording_is_the_same_file(tmp_path: Path) -> None:
    write_samples_npz(recording(), tmp_path / "a.npz")
    write_samples_npz(recording(), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("stamped_every", [1, 19])
def test_samples_come_back_from_csv_to_the_bit(tmp_path: Path, stamped_every: int) -> None:
    before = recording(stamped_every=stamped_every, double=True)
    write_samples_csv(before, tmp_path / "a.csv")
    after = read(tmp_path / "a.csv")
    assert_same_samples(before, after, "t_s", "stamped", "sample_index", "acc_mps2", "gyr_radps")


@pytest.mark.parametrize("suffix", ["npz", "csv"])
def test_imported_file_reads_like_its_source(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / f"a.{suffix}", tmp_path / "a.btr"
    (write_samples_npz if suffix == "npz" else write_samples_csv)(recording(stamped_every=19, double=True), source)
    returned = import_recording(source, target, RecordingMetadata(exercise="squat"))
    after = read(target)
    assert_same_samples(read(source), after)
    told = read(source).metadata
    assert after.metadata == returned.metadata == replace(told, exercise="squat", source=source.name)
    assert told.load_kg == (80.5 if suffix == "npz" else None)
    assert after.nominal_rate_hz == read(source).nominal_rate_hz
    assert after.problems == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, target.name])


def test_import_keeps_what_was_odd_and_overwrites_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "a.npz", tmp_path / "a.btr"
    plain = recording()
    silent = replace(plain, blocks=tuple(replace(block, gyr_radps=block.gyr_radps * 0) for block in plain.blocks))
    write_samples_npz(silent, source)
    import_recording(source, target)
    assert [event.text for event in read(target).events] == list(read(source).problems) != []
    kept = target.read_bytes()
    with pytest.raises(BartrackerError, match="exists already"):
        import_recording(source, target)
    assert target.read_bytes() == kept
    with pytest.raises(BartrackerError, match="folder"):
        import_recording(source, tmp_path)
    with pytest.raises(BartrackerError, match="folder") as caught:
        import_recording(source, tmp_path / "missing" / "a.btr")
    assert caught.value.given == str(tmp_path / "missing" / "a.btr")
    with pytest.raises(BartrackerError, match="recording already"):
        import_recording(target, tmp_path / "b.btr")


def test_recording_without_samples_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BartrackerError, match="no samples"):
        write_samples_csv(replace(recording(), blocks=()), tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_analysis_is_golden_to_the_byte() -> None:
    assert analysis_to_json(analysis()) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("as_live", [False, True])
def test_analysis_fits_the_shipped_schema_and_comes_back(tmp_path: Path, as_live: bool) -> None:
    jsonschema.Draft202012Validator.check_schema(analysis_schema())
    assert fits_schema(analysis_to_dict(analysis(as_live=as_live)))
    write_analysis_json(analysis(as_live=as_live), tmp_path / "a.json")
    first = read_analysis_json(tmp_path / "a.json")
    assert first.as_live is as_live
    assert analysis_to_json(first) == analysis_to_json(analysis(as_live=as_live))
    failed = first.sets[0].reps[1]
    assert failed.mean_velocity_mps is None
    assert failed.sigma == {}


def test_windows_may_be_open_only_as_live() -> None:
    live = analysis(as_live=True)
    with pytest.raises(ValueError, match="must be known"):
        analysis_to_dict(replace(live, as_live=False))
    document = analysis_to_dict(live)
    assert fits_schema(document)
    assert not fits_schema(document | {"as_live": False})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "bartracker.analysis/2"),
        (("schema",), None),
        (("sample_rate_hz",), "fast"),
        (("gaps", 0), [1.0]),
        (("sets",), {}),
        (("sets", 0, "exercise"), "curl"),
        (("sets", 0, "order"), None),
        (("sets", 0, "summary"), None),
        (("sets", 0, "reps", 0, "index"), 1.5),
        (("sets", 0, "reps", 0, "kind"), "ghost"),
        (("sets", 0, "reps", 0, "turn_s"), None),
        (("sets", 0, "reps", 0, "rom_m"), "far"),
        (("sets", 0, "reps", 0, "sigma"), {"rom_m": 0}),
        (("sets", 0, "reps", 0, "flags", 0, "verdict"), "no"),
        (("sets", 0, "reps", 0, "tempo"), 3),
        (("sets", 0, "reps", 0, "sticking"), "yes"),
        (("sets", 0, "reps", 0, "peak_power_w"), "much"),
        (("sets", 0, "flags"), {}),
        (("sets", 0, "rest_before_s"), "long"),
        (("sets", 0, "summary", "velocity_zones"), {"absolute strength": 0.5}),
        (("sets", 0, "summary", "sigma"), {"drift_trend_m": 0}),
        (("sets", 0, "summary", "rom_cv"), "little"),
    ],
)
def test_schema_and_reader_refuse_the_same_damage(tmp_path: Path, path: tuple[str | int, ...], value: object) -> None:
    document = json.loads(analysis_to_json(analysis()))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert not fits_schema(document)
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(BartrackerError) as caught:
        read_analysis_json(tmp_path / "a.json")
    assert "\n" not in str(caught.value)


def test_a_file_written_before_numbers_were_added_still_reads(tmp_path: Path) -> None:
    """Every key that is not required may be missing, and then is not known."""
    document = json.loads(analysis_to_json(analysis()))
    parts = analysis_schema()["$defs"]
    assert isinstance(parts, dict)
    for rep_set in document["sets"]:
        for part, values in (("summary", [rep_set["summary"]]), ("rep", rep_set["reps"]), ("set", [rep_set])):
            for value in values:
                for key in set(value) - set(parts[part]["required"]):
                    del value[key]
    assert fits_schema(document)
    (tmp_path / "a.json").write_text(json.dumps(document))
    first = read_analysis_json(tmp_path / "a.json").sets[0]
    assert (first.flags, first.rest_before_s, first.summary.duration_s, first.summary.velocity_zones) == (
        (),
        None,
        None,
        {},
    )
    assert (first.reps[0].tempo, first.reps[0].sticking, first.reps[0].peak_power_w) == (None, None, None)
    assert first.reps[0].mean_velocity_mps == 0.1 + 0.2


def test_schema_knows_every_key_that_is_written() -> None:
    parts = analysis_schema()["$defs"]
    assert isinstance(parts, dict)
    said = replace(analysis().sets[0], warm_up=True, athlete="Ben")
    written = analysis_to_dict(replace(analysis(), sets=(said,)))["sets"]
    assert isinstance(written, list)
    for part, value in (("set", written[0]), ("summary", written[0]["summary"]), ("rep", written[0]["reps"][0])):
        assert set(value) == set(parts[part]["properties"])


def test_records_are_flat_and_all_alike() -> None:
    records = analysis().to_records()
    assert len(records) == 2
    assert records[0].keys() == records[1].keys()
    assert not any(isinstance(value, (dict, list, tuple)) for record in records for value in record.values())
    assert (records[0]["mean_velocity_mps_sigma"], records[0]["set_flags"]) == (0.02, "spinning_sleeve")
    assert (records[0]["tempo"], records[0]["sticking"], records[0]["set_rest_before_s"]) == ("0-0-X-?", True, None)
    assert {field.name for field in fields(Rep)} - {"sigma"} <= set(records[0])


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"schema": NaN}', "[]", "\x00"])
def test_json_that_is_no_analysis_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(BartrackerError):
        read_analysis_json(tmp_path / "a.json")


def test_reps_csv_has_one_row_a_rep_with_units_in_its_names(tmp_path: Path) -> None:
    write_reps_csv(analysis(), tmp_path / "reps.csv")
    with (tmp_path / "reps.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["set_index"], row["rep_index"], row["kind"]) for row in rows] == [
        ("1", "1", "full"),
        ("1", "2", "failed"),
    ]
    assert float(rows[0]["mean_velocity_mps"]) == 0.1 + 0.2
    assert (rows[0]["rom_m"], rows[0]["rom_m_sigma"], rows[0]["horizontal_drift_m"]) == ("0.0", "0.01", "")
    assert (rows[1]["mean_velocity_mps"], rows[1]["mean_velocity_mps_sigma"]) == ("", "")
    assert (rows[0]["load_kg"], rows[1]["flags"]) == ("102.5", "eccentric_fast")
    known = {field.name for field in fields(Rep)} - {"index", "sigma", "flags"}
    assert known <= set(rows[0])
    assert (rows[0]["tempo"], rows[0]["sticking"], rows[1]["sticking"]) == ("0-0-X-?", "true", "")
    assert (rows[0]["peak_power_w"], rows[0]["bar_rotation_rad"], rows[0]["set_flags"]) == (
        "750.0",
        "",
        "spinning_sleeve",
    )


def test_full_disk_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.json"
    write_analysis_json(analysis(), target)
    old = target.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BartrackerError, match="the disk is full"):
        write_analysis_json(analysis(as_live=True), target)
    assert target.read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.npz"
    write_samples_npz(recording(), source)
    for target in (tmp_path, tmp_path / "missing" / "a.json", tmp_path / ("x" * 300), Path("a\0b")):
        with pytest.raises(BartrackerError) as caught:
            write_analysis_json(analysis(), target)
        assert "\n" not in str(caught.value)
        with pytest.raises(BartrackerError) as caught:
            import_recording(source, target)
        assert "\n" not in str(caught.value)


def test_written_file_keeps_link_and_rights(tmp_path: Path) -> None:
    target, link = tmp_path / "a.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_analysis_json(analysis(), link)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == analysis_to_json(analysis())
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_not_replaced() -> None:
    write_analysis_json(analysis(), os.devnull)
    assert not Path(os.devnull).is_file()
