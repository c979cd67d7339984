"""Targets by exercise and athlete: which table overrides which, and every mistake told in one line."""

from math import radians
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bartracker
from bartracker.cli.options import WrongUseError, parse_asked
from bartracker.coaching import TargetBook, parse_book, targets_for
from bartracker.errors import BartrackerError
from bartracker.results import EXERCISES

BOOK = """
[default]
tempo = "3-1-X-0"
horizontal_drift_limit_cm = 10
velocity_loss_limit_percent = 30

[squat]
velocity_mps = [0.5, 0.75]
horizontal_drift_limit_cm = 6
bar_tilt_limit_deg = 4

[athlete.anna.default]
velocity_loss_limit_percent = 10

[athlete.anna.squat]
horizontal_drift_limit_cm = 4.5
mvt_mps = 0.27
"""


@pytest.fixture
def book_file(tmp_path: Path) -> Path:
    path = tmp_path / "targets.toml"
    path.write_text(BOOK)
    return path


def test_tables_override_one_another_in_order(book_file: Path) -> None:
    book = bartracker.read_targets(book_file)
    assert str(book.for_exercise("squat").tempo) == "3-1-X-0"
    assert book.for_exercise(None).horizontal_drift_limit_m == pytest.approx(0.10)
    assert book.for_exercise("bench").velocity_mps is None
    assert book.for_exercise("squat").velocity_mps == (0.5, 0.75)
    assert book.for_exercise("squat").horizontal_drift_limit_m == pytest.approx(0.06)
    assert book.for_exercise("squat").bar_tilt_limit_rad == pytest.approx(radians(4))
    anna = book.for_athlete("anna")
    assert anna.for_exercise("squat").horizontal_drift_limit_m == pytest.approx(0.045)
    assert anna.for_exercise("squat").mvt_mps == 0.27
    assert anna.for_exercise("bench").velocity_loss_limit == pytest.approx(0.1)
    assert anna.for_exercise("bench").horizontal_drift_limit_m == pytest.approx(0.10)
    with pytest.raises(BartrackerError, match="anna"):
        book.for_athlete("bob")


def test_command_line_wins(book_file: Path) -> None:
    asked = parse_asked(
        "squat", None, "5-0-5-0", None, "3", targets=book_file, athlete="anna", velocity="0.3-0.4", velocity_loss="25%"
    )
    targets = asked.targets.for_exercise("squat")
    assert str(targets.tempo) == "5-0-5-0"
    assert targets.horizontal_drift_limit_m == pytest.approx(0.03)
    assert targets.velocity_mps == (0.3, 0.4)
    assert targets.velocity_loss_limit == pytest.approx(0.25)
    assert targets.mvt_mps == 0.27
    assert (
        parse_asked(None, None, None, "1", None, targets=book_file).targets.for_exercise("bench").eccentric_tolerance_s
        == 1
    )


@pytest.mark.parametrize(
    "options",
    [
        {"athlete": "anna"},
        {"tolerance": "1"},
        {"tempo": "3"},
        {"drift": "0"},
        {"drift": "far"},
        {"velocity": "0.5"},
        {"velocity": "0.7-0.5"},
        {"velocity": "a-b"},
        {"velocity_loss": "0"},
        {"velocity_loss": "much"},
    ],
)
def test_options_out_of_reason_are_wrong_use(options: dict[str, str]) -> None:
    with pytest.raises(WrongUseError) as caught:
        parse_asked(None, None, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[sqat]\n", "sqat"),
        ("tempo = '3-1-X-0'\n", "tempo"),
        ("[squat]\ntempos = 1\n", "tempos"),
        ("[squat]\ntempo = 3\n", "four durations"),
        ("[squat]\ntempo = '3-1'\n", "four durations"),
        ("[squat]\nhorizontal_drift_limit_cm = '8'\n", "give a number"),
        ("[squat]\nhorizontal_drift_limit_cm = true\n", "give a number"),
        ("[squat]\nhorizontal_drift_limit_cm = 800\n", "0.5 to 100 cm"),
        ("[squat]\nhorizontal_drift_limit_cm = nan\n", "give a number"),
        ("[squat]\nvelocity_mps = [0.5]\n", "lowest and highest"),
        ("[squat]\nvelocity_mps = [0.7, 0.5]\n", "no band"),
        ("[squat]\nvelocity_mps = ['a', 'b']\n", "lowest and highest"),
        ("[squat]\nzone_bounds_mps = [0.5, 0.4]\n", "rising"),
        ("[squat]\nzone_names = ['one']\n", "5 zones"),
        ("[squat]\nzone_names = [1]\n", "names"),
        (
            "[default]\nzone_bounds_mps=[0.5]\nzone_names=['a','b']\n[squat]\nzone_bounds_mps=[0.2,0.4,0.6,0.8]\nzone_names=['a','b','c','d','e']\n[athlete.x.squat]\ntempo='3-1-X-0'\nzone_names=['a','b','c','d','f']\n[athlete.x.bench]\nzone_names=['a','b','c','d','f']\n",
            "zone names",
        ),
        ("[athlete]\nanna = 3\n", "athlete.anna"),
        ("[athlete.anna.sqat]\n", "sqat"),
        ("[athlete.anna.squat]\nx = 1\n", "athlete.anna.squat"),
        ("squat = 3\n", "squat"),
        ("[squat\n", "no TOML"),
        ("\x00", "no TOML"),
    ],
)
def test_mistakes_are_told_in_one_line_that_names_the_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "t.toml"
    path.write_text(text)
    with pytest.raises(BartrackerError) as caught:
        bartracker.read_targets(path)
    message = str(caught.value)
    assert str(path) in message
    assert words in message
    assert "\n" not in message


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"[squat]\ntempo = '\xff'\n")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 20_000)
    for name in ("latin.toml", "deep.toml", "missing.toml", "."):
        with pytest.raises(BartrackerError) as caught:
            bartracker.read_targets(tmp_path / name)
        assert "\n" not in str(caught.value)


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["default", "squat", "tempo", "zone_names"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from(["default", "squat", "athlete", "mvt_mps"]), JSON_LIKE, max_size=3))
def test_no_document_breaks_it(document: dict[str, object]) -> None:
    try:
        book = parse_book(document, "t.toml")
    except BartrackerError:
        return
    assert {book.for_exercise(exercise) for exercise in EXERCISES}


def test_targets_of_any_lift_or_out_of_a_book() -> None:
    own = bartracker.Targets(horizontal_drift_limit_m=0.03)
    assert targets_for(own, "squat") is own
    assert targets_for(TargetBook(base=own), "squat") == own


def test_the_example_file_is_a_valid_one() -> None:
    book = bartracker.read_targets(Path(__file__).parents[2] / "docs" / "examples" / "bartracker-targets.toml")
    assert book.for_exercise("squat").tempo is not None
    assert book.athletes
