"""The phone page: what it shows, who gets it, and how it looks to a real Chromium at a phone's size."""

import http.client
import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from chromium import Page, find_chromium
from scripted_set import DAMAGED, SCRIPT, HeldLink

from bartracker.coaching import Targets
from bartracker.coaching.metrics import MEAN_VELOCITY, metric_of
from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.ui.phone.content import phone_content
from bartracker.ui.phone.qr import qr_text
from bartracker.ui.phone.server import MOST_VIEWERS, PhoneServer, parse_place

AFTER_TWO_REPS_S = 12.0
HERE = ("127.0.0.1", 0)


@pytest.fixture
def serve() -> Iterator[Callable[[LiveSession], PhoneServer]]:
    servers: list[PhoneServer] = []

    def start(session: LiveSession) -> PhoneServer:
        servers.append(PhoneServer(HERE, session.snapshot, lambda: MEAN_VELOCITY))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ask(url: str, path: str | None = None, method: str = "GET") -> http.client.HTTPResponse:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=20)
    connection.request(method, parts.path if path is None else path)
    return connection.getresponse()


def first_event(url: str) -> dict[str, object]:
    response = ask(url, urlsplit(url).path + "events")
    assert response.status == 200
    line = response.readline().decode()
    response.close()
    return json.loads(line.removeprefix("data: "))


def test_the_content_is_the_rep_the_bars_and_the_set(play):
    content = phone_content(play(HeldLink(AFTER_TWO_REPS_S, hold=True)).snapshot(), MEAN_VELOCITY)
    assert (content["number"], content["level"], content["reps"]) == ("0.59", "good", "2")
    assert [bar["text"] for bar in content["bars"]] == ["0.67", "0.59"]
    assert content["title"] == "Squat 100 kg"
    assert content["cue"]["kind"] == "rep"
    assert json.loads(json.dumps(content, allow_nan=False)) == content


def test_after_the_set_it_says_what_to_do_next_beside_band_and_limit(play, qtbot):
    session = play(HeldLink())
    qtbot.waitUntil(lambda: session.snapshot().ended, timeout=10_000)
    targets = Targets(velocity_mps=(0.5, 0.7), velocity_loss_limit=0.2)
    content = phone_content(replace(session.snapshot(), targets=targets), MEAN_VELOCITY)
    assert (content["metric"], content["number"]) == ("Set 1 done: mean velocity", "0.54")
    assert content["next"][0].startswith("End the set sooner: 35 % slower")
    assert (content["band"], content["phase"]) == ([0.5, 0.7], "")
    assert content["limit"] == pytest.approx(0.8 * 0.6 / 0.9)
    assert "ended" in content["link"]


def test_another_metric_and_an_error_are_shown(play, qtbot):
    content = phone_content(play(HeldLink(AFTER_TWO_REPS_S, hold=True)).snapshot(), metric_of("rom"))
    assert (content["number"], content["unit"]) == ("60", "cm")
    session = play(HeldLink(AFTER_TWO_REPS_S, failure=DAMAGED))
    qtbot.waitUntil(lambda: session.snapshot().ended, timeout=10_000)
    content = phone_content(session.snapshot(), metric_of("rom"))
    assert str(DAMAGED) in content["alarm"]["text"]


def test_the_stream_begins_with_the_state_and_follows_it(play, serve):
    link = HeldLink(AFTER_TWO_REPS_S, hold=True)
    session = play(link)
    server = serve(session)
    response = ask(server.url, urlsplit(server.url).path + "events")
    assert response.headers["Content-Type"] == "text/event-stream"
    assert json.loads(response.readline().decode().removeprefix("data: "))["number"] == "0.59"
    link.close()
    state = {}
    while not state.get("ended"):
        line = response.readline().decode()
        state = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else state
    assert state["set"] == "1, done"
    response.close()


@pytest.mark.parametrize(
    "path", ["/", "/x/", "//", "/{token}x/", "/{token}", "/{token}/../etc/passwd", "/{token}/page.html"]
)
def test_without_the_token_nothing_is_there(play, serve, path):
    server = serve(play(HeldLink(2.0, hold=True)))
    token = urlsplit(server.url).path.strip("/")
    response = ask(server.url, path.replace("{token}", token))
    assert response.status == 404
    assert token not in response.read().decode()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_is_read_only(play, serve, method):
    server = serve(play(HeldLink(2.0, hold=True)))
    assert ask(server.url, method=method).status == 501


def test_the_page_loads_nothing_from_elsewhere_and_is_not_kept(play, serve):
    server = serve(play(HeldLink(2.0, hold=True)))
    response = ask(server.url)
    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "://" not in response.read().decode()


def test_only_so_many_may_watch(play, serve):
    server = serve(play(HeldLink(2.0, hold=True)))
    path = urlsplit(server.url).path + "events"
    watching = [ask(server.url, path) for _ in range(MOST_VIEWERS)]
    assert ask(server.url, path).status == 503
    for each in watching:
        each.close()


def test_it_is_served_at_the_address_it_says_and_nowhere_else(play, serve):
    server = serve(play(HeldLink(2.0, hold=True)))
    assert urlsplit(server.url).hostname == "127.0.0.1"
    with socket.socket() as other:
        other.settimeout(2.0)
        assert other.connect_ex(("127.0.0.2", urlsplit(server.url).port)) != 0


def test_an_address_that_is_not_this_computer_s_is_refused(play):
    with pytest.raises(BartrackerError, match="cannot be served at"):
        PhoneServer(("192.0.2.7", 0), play(HeldLink(2.0, hold=True)).snapshot, lambda: MEAN_VELOCITY)


@pytest.mark.parametrize(("text", "place"), [("127.0.0.1", ("127.0.0.1", 0)), ("127.0.0.1:8080", ("127.0.0.1", 8080))])
def test_places(text, place):
    assert parse_place(text) == place
    assert parse_place("auto")[1] == 0


@pytest.mark.parametrize("text", ["", "x", "127.0.0.1:", "127.0.0.1:99999", "::1", "127.0.0.1:-1"])
def test_places_that_are_none(text):
    with pytest.raises(BartrackerError, match="is no address"):
        parse_place(text)


def test_the_qr_code_is_drawn_in_lines_of_equal_length():
    pytest.importorskip("segno")
    text = qr_text("http://192.168.1.5:8080/abcdefghijklmnopqrstuv/")
    assert text is not None
    assert len(text.strip("\n").split("\n")) > 10


@pytest.fixture(scope="module")
def chromium() -> str:
    path = find_chromium()
    if path is None:
        message = "no Chromium: apt-get install chromium"
        if os.environ.get("BARTRACKER_FORBID_SKIPS"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return path


def test_a_phone_s_browser_shows_number_bars_and_the_end_of_the_set(play, serve, chromium, tmp_path):
    link = HeldLink(AFTER_TWO_REPS_S, hold=True)
    server = serve(play(link))
    text = "document.getElementById('{}').textContent"
    with Page(chromium) as page:
        page.open(server.url)
        page.wait_for(f"{text.format('number')} === '0.59'")
        assert page.value(text.format("verdict")) == "● Good rep"
        assert page.value("document.querySelectorAll('#bars div').length") == 2
        # Nothing is cut off or has to be scrolled for, and the number is what is largest.
        assert page.value("document.documentElement.scrollHeight <= innerHeight") is True
        assert page.value("document.documentElement.scrollWidth <= innerWidth") is True
        assert page.value("document.getElementById('number').getBoundingClientRect().height") > 120
        assert (
            page.value(
                "document.getElementById('number').scrollWidth <= document.getElementById('card').clientWidth - 32"
            )
            is True
        )
        assert page.value("document.querySelector('#bars u').textContent") == "● 1"
        link.close()
        page.wait_for(f"{text.format('set')} === '1, done'")
        server.close()
        page.wait_for(f"{text.format('alarm')}.startsWith('The computer does not answer')")
        page.picture(tmp_path / "phone.png")
    assert (tmp_path / "phone.png").stat().st_size > 10_000


@pytest.mark.parametrize("alarm", [False, True])
def test_on_a_small_phone_nothing_of_the_card_is_cut_off(play, serve, chromium, alarm):
    link = HeldLink(failure=DAMAGED if alarm else None)
    session = play(link)
    server = serve(session)
    with Page(chromium, 360, 640) as page:
        page.open(server.url)
        page.wait_for("document.getElementById('link').textContent.match(/ended|stopped/) !== null")
        card = "document.getElementById('card')"
        assert page.value(f"{card}.scrollHeight <= {card}.clientHeight") is True
        assert page.value("document.documentElement.scrollHeight <= innerHeight") is True
        assert page.value("document.getElementById('alarm').style.display") == ("block" if alarm else "none")
        if not alarm:
            assert page.value("document.querySelectorAll('#next li').length") >= 1


def test_all_reps_of_the_set_fit(play, serve, chromium):
    link = HeldLink()
    session = play(link)
    server = serve(session)
    with Page(chromium, 360, 640) as page:
        page.open(server.url)
        page.wait_for(f"document.querySelectorAll('#bars div').length === {len(SCRIPT)}")
        assert page.value("document.documentElement.scrollHeight <= innerHeight") is True
        levels = page.value("[...document.querySelectorAll('#bars div')].map(b => b.style.background)")
    assert levels == ["var(--good)", "var(--good)", "var(--off)", "var(--watch)", "var(--off)"]


def test_live_serve_prints_the_address_and_serves_while_the_view_runs(capfd, monkeypatch, tmp_path):
    """The command itself: what it prints can be opened until the recording has ended, and not afterwards."""
    from pathlib import Path

    from bartracker.cli.program import run
    from bartracker.ui import terminal

    asked: list[int] = []
    shown = terminal.run_terminal

    def run_terminal(*given, **named):
        line = next(each for each in capfd.readouterr().err.splitlines() if each.startswith("phone page: http"))
        asked.append(ask(line.removeprefix("phone page: ")).status)
        asked.append(urlsplit(line.removeprefix("phone page: ")).hostname == "127.0.0.1")
        return shown(*given, **named)

    monkeypatch.setattr(terminal, "run_terminal", run_terminal)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    demo = Path(__file__).parents[1] / "recordings" / "demo_squat.btr"
    options = ["--view", "terminal", "--speed", "0", "--no-sound", "--serve", "--serve-at", "127.0.0.1"]
    assert run(["live", str(demo), *options]) == 0
    assert asked == [200, True]


@pytest.mark.parametrize(
    "options", [["--serve-at", "127.0.0.1"], ["--serve", "--headless"], ["--serve", "--serve-at", "nowhere"]]
)
def test_a_wrong_place_to_serve_at_is_one_line(capfd, options, tmp_path):
    from pathlib import Path

    from bartracker.cli.program import run

    demo = Path(__file__).parents[1] / "recordings" / "demo_squat.btr"
    view = [] if "--headless" in options else ["--view", "terminal"]
    assert run(["live", str(demo), *view, *options]) != 0
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("bartracker: --serve")
