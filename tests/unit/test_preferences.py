"""What a person likes is kept, and what cannot be used falls back; the latitude as it is typed and kept."""

from dataclasses import fields, replace

import pytest

from bartracker.errors import BartrackerError
from bartracker.ui.preferences import Preferences, read_preferences, write_preferences
from bartracker.ui.start_page import latitude_of


def test_what_a_person_likes_is_kept(tmp_path):
    liked = Preferences(
        "rom", "lb", "light", 1.3, 1600, 900, True, True, "outside", 4, False, False, True, "sound", 48.1
    )
    assert len(fields(Preferences)) == 15, "give the new one a value here"
    path = tmp_path / "new" / "views.json"
    write_preferences(liked, path)
    assert read_preferences(path) == liked


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"metric": 3, "zoom": "x", "width": -4, "theme": "pink"}'])
def test_what_cannot_be_used_falls_back_to_the_usual(tmp_path, text):
    path = tmp_path / "views.json"
    path.write_text(text)
    assert read_preferences(path) == Preferences()
    path.write_text('{"units": "lb", "zoom": true, "full_screen": 1}')
    assert read_preferences(path) == replace(Preferences(), units="lb")


@pytest.mark.parametrize(
    ("kept", "read"), [("48.1", 48.1), ("-33", -33), ("null", None), ("200", None), ("true", None)]
)
def test_a_latitude_is_remembered_where_it_can_be_one(tmp_path, kept, read):
    path = tmp_path / "views.json"
    path.write_text(f'{{"latitude_deg": {kept}}}')
    assert read_preferences(path).latitude_deg == read


@pytest.mark.parametrize(
    ("typed", "degrees"), [("", None), ("48.1", 48.1), (" 48,1 N", 48.1), ("33.9°S", -33.9), ("-12", -12)]
)
def test_a_latitude_as_people_type_it(typed, degrees):
    assert latitude_of(typed) == degrees


@pytest.mark.parametrize("typed", ["here", "91", "nan", "S"])
def test_what_is_no_latitude_is_refused(typed):
    with pytest.raises(BartrackerError, match="latitude"):
        latitude_of(typed)
