"""Tables of reps of other makers: found by names in several languages, decimal commas, units; refused in words."""

from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartracker.errors import BartrackerError
from bartracker.exchange.cells import moment, number
from bartracker.exchange.lifted import LiftedRep, LiftedSet, exercise_of
from bartracker.exchange.openbarbell_csv import COLUMNS, write_openbarbell_csv
from bartracker.exchange.reps_parquet import read_reps_parquet, write_reps_parquet
from bartracker.exchange.vendor_columns import ColumnMap, read_column_map
from bartracker.exchange.vendor_csv import read_lifted

OPENBARBELL = (
    "Exercise,Set,Rep,Weight,Metric,Set RPE,Tags,Workout Start Time,Rest Time,Avg Velocity (m/s),"
    "Range of Motion (mm),Peak Velocity (m/s),Peak Velocity Location (%),Duration of rep (sec)\n"
    '"Low-bar Squat",1,1,"225","lbs","8","a, b","3/2/2026, 5:30:00 PM","00:00:00",0.62,581,1.01,72,0.94\n'
    '"Low-bar Squat",1,2,"225","lbs","8","a, b","3/2/2026, 5:30:00 PM","00:00:00",0.55,579,0.98,70,1.05\n'
    '"Low-bar Squat",2,1,"225","lbs","","","3/2/2026, 5:30:00 PM","00:03:20",0.60,580,1.00,71,0.97\n'
)
GERMAN = (
    "Datum;Übung;Satz;Wiederholung;Gewicht (kg);Mittlere Geschwindigkeit [m/s];Spitzengeschwindigkeit [m/s];"
    "Hub [cm]\r\n"
    "02.03.2026 17:30;Kreuzheben;1;1;120,5;0,52;0,81;55,3\r\n"
    "02.03.2026 17:30;Kreuzheben;1;2;120,5;0,48;0,78;55,1\r\n"
)
SPANISH = (
    "Fecha\tEjercicio\tSerie\tRepetición\tCarga (lb)\tVelocidad media (cm/s)\n"
    "2026-03-02\tPress banca\t1\t1\t220,5\t41\n"
)


def read(folder: Path, text: str, told: ColumnMap | None = None, encoding: str = "utf-8") -> list[LiftedSet]:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return read_lifted(path, told)


def test_openbarbell(tmp_path: Path) -> None:
    first, second = read(tmp_path, OPENBARBELL)
    assert (first.exercise, first.exercise_named, first.rpe, first.tags) == ("squat", "Low-bar Squat", 8.0, "a, b")
    assert first.load_kg == pytest.approx(102.058, abs=0.001)
    assert first.started_s == moment("2026-03-02 17:30:00")
    assert first.reps[1] == LiftedRep(0.55, 0.98, pytest.approx(0.579), 1.05, pytest.approx(0.70))
    assert (second.rest_s, len(second.reps), second.rpe) == (200.0, 1, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_decimal_commas_other_languages_and_encodings(tmp_path: Path, encoding: str) -> None:
    [german] = read(tmp_path, GERMAN, encoding=encoding)
    assert (german.exercise, german.load_kg, len(german.reps)) == ("deadlift", 120.5, 2)
    assert german.reps[0].rom_m == pytest.approx(0.553)
    [spanish] = read(tmp_path, SPANISH)
    assert (spanish.exercise, spanish.load_kg) == ("bench", pytest.approx(100.017, abs=0.001))
    assert spanish.reps[0].mean_velocity_mps == pytest.approx(0.41)


def test_columns_units_and_exercises_are_told(tmp_path: Path) -> None:
    (tmp_path / "columns.toml").write_text(
        '[columns]\nmean_velocity = "V prom"\nload = "Kilos"\n[units]\nmean_velocity = "mm/s"\n'
        '[exercises]\n"SSB" = "squat"\n'
    )
    told = read_column_map(tmp_path / "columns.toml")
    [one] = read(tmp_path, "Exercise,Kilos,V prom\nSSB,80,612\nSSB,80,590\n", told)
    assert (one.exercise, one.load_kg, len(one.reps)) == ("squat", 80.0, 2)
    assert one.reps[0].mean_velocity_mps == pytest.approx(0.612)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Exercise,Weight\nSquat,100\n", "no column of mean velocity was found.*its columns are Exercise, Weight"),
        ("Exercise,Mean velocity (m/s)\nSquat,612\n", r"line 2: mean_velocity '612' cannot be; tell its unit"),
        ("Exercise,Mean velocity (m/s)\nSquat,fast\n", "line 2: mean_velocity 'fast' is no number"),
        ("Exercise,Mean velocity (ft/s)\nSquat,1\n", "unknown unit"),
        ("Exercise,Weight,Metric,Avg velocity (m/s)\nSquat,10,stone,1\n", "unit 'stone' of the load; use kg or lb"),
        ("Date,Mean velocity (m/s)\nsoon,0.5\n", "line 2: time 'soon' is not understood"),
        ("Exercise,Mean velocity (m/s)\nSquat,-0.5\n", "cannot be"),
        ("just words\n", "has no header and rows"),
        ("a,b\0c\n1,2\n", "is no text table"),
    ],
)
def test_wrong_columns_and_units_are_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BartrackerError, match=words) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[columns]\nspeed = 'V'\n", "'speed' in .columns. is not known"),
        ("[units]\nload = 'stone'\n", "use kg, lb"),
        ("[colours]\n", "is not known"),
        ("[columns]\nload = 3\n", "'load'"),
        ("columns = 1\n", "is no section"),
        ("[", "is no TOML"),
    ],
)
def test_a_wrong_column_map_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(BartrackerError, match=words):
        read_column_map(tmp_path / "c.toml")


def test_numbers_and_times() -> None:
    cases = {"1,5": 1.5, "1.234,5": 1234.5, "1,234.5": 1234.5, "80 kg": 80.0, "12'345.6": 12345.6, "−0.5": -0.5}
    assert {text: number(text) for text in cases} == cases
    assert number("") is None
    assert moment("2026-03-02T17:30:00+01:00") == moment("2026-03-02 16:30:00")
    assert moment("02.03.2026 17:30") == moment("2026-03-02 17:30:00")
    assert moment("13/45/2026") is None
    assert (exercise_of("Bench Press (paused)"), exercise_of("Bench row"), exercise_of("squat")) == (
        "bench",
        "other",
        "squat",
    )


REP = st.builds(
    LiftedRep,
    st.floats(0.05, 3.0).map(lambda v: round(v, 3)),
    st.none() | st.floats(0.1, 5.0).map(lambda v: round(v, 3)),
    st.none() | st.integers(50, 2000).map(lambda mm: mm / 1000),
    st.none() | st.floats(0.1, 20.0).map(lambda v: round(v, 3)),
    st.none() | st.integers(0, 100).map(lambda percent: percent / 100),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(REP, min_size=1, max_size=4), min_size=1, max_size=5))
def test_openbarbell_out_and_in_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, sets: list[list[LiftedRep]]
) -> None:
    given_sets = [
        LiftedSet("squat", "squat", 60.0 + 2.5 * i, 1_772_470_800.0, 0, 7.5, "a b", tuple(reps), 60.0 * i)
        for i, reps in enumerate(sets)
    ]
    path = tmp_path_factory.mktemp("out") / "out.csv"
    write_openbarbell_csv(given_sets, path)
    assert path.read_text().splitlines()[0] == ",".join(COLUMNS)
    found = read_lifted(path)
    assert [one.load_kg for one in found] == [one.load_kg for one in given_sets]
    for one, other in zip(found, given_sets, strict=True):
        assert (one.started_s, one.rpe, one.rest_s, one.tags) == (other.started_s, 7.5, other.rest_s, "a b")
        for rep, wanted in zip(one.reps, other.reps, strict=True):
            for name in LiftedRep.__slots__:
                assert getattr(rep, name) == (
                    None if getattr(wanted, name) is None else pytest.approx(getattr(wanted, name), abs=1e-9)
                )


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_sets_or_one_line(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(b"Set,Weight,Mean velocity (m/s)\n" + raw)
    said = ""
    try:
        read_lifted(path)
    except BartrackerError as error:
        said = str(error)
    assert "\n" not in said


RECORDS = [{"exercise": "squat", "load_kg": 100.0, "reps": 3}, {"exercise": "bench", "load_kg": None, "reps": 2}]


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="the extra `parquet` (pyarrow) is not installed")
def test_parquet_out_and_in_is_the_same(tmp_path: Path) -> None:
    write_reps_parquet(RECORDS, tmp_path / "reps.parquet")
    assert read_reps_parquet(tmp_path / "reps.parquet") == RECORDS
    (tmp_path / "no.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(BartrackerError, match="is no Parquet file"):
        read_reps_parquet(tmp_path / "no.parquet")


def test_without_pyarrow_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(BartrackerError, match="pyarrow is not installed"):
        write_reps_parquet(RECORDS, tmp_path / "reps.parquet")
