"""The history window shows the library's pages: the numbers of the report, for whoever is chosen."""

from pathlib import Path

import pytest
from diary_of_a_year import write_year
from gym_diary import DAY_S, MONDAY_S
from pytestqt.qtbot import QtBot

from bartracker.history import Library, tables
from bartracker.history.pages import lift_page
from bartracker.history.words import headline
from bartracker.sim.training_year import YearSettings, train_a_year

pytestmark = pytest.mark.usefixtures("require_qt")


def test_window_shows_the_page_of_whoever_is_chosen(qtbot: QtBot, tmp_path: Path) -> None:
    from bartracker.ui.window.history import HistoryWindow

    with Library(tmp_path / "library", now_s=lambda: MONDAY_S + 200 * DAY_S) as library:
        anna, bea, cleo = (library.add_athlete(name) for name in ("Anna", "Bea", "Cleo"))
        lifts = (("squat", anna, 1), ("bench", anna, 2), ("deadlift", bea, 3))
        for lift, person, seed in lifts:
            write_year(library, person.id, train_a_year(lift, seed, YearSettings(days=80)), lift, MONDAY_S)
        shown = HistoryWindow(
            library.athletes(),
            lambda person: tables.exercises(library, person.id),
            lambda person, lift: lift_page(library, person, lift),
        )
        qtbot.addWidget(shown)
        shown.show()
        assert shown.page is not None
        for who, lift, person in ((0, 0, anna), (0, 1, anna), (1, 0, bea)):
            shown.person.setCurrentIndex(who)
            shown.lift.setCurrentIndex(lift)
            page = lift_page(library, person, str(shown.lift.currentData()))
            assert shown.headline.text().lower() == headline(page).lower()
            assert "Pareja-Blanco" in shown.advice.toPlainText()
            curve = shown.strength.listDataItems()[-1].getData()
            assert page.estimates is not None
            assert curve[1].tolist() == page.estimates.e1rm_kg[page.estimates.e1rm_kg > 0].tolist()
        shown.person.setCurrentIndex(2)
        assert cleo.name == "Cleo"
        assert "no sets of this person" in shown.headline.text()
