"""Source URIs: what is understood, and the one line for what is not."""

from pathlib import Path

import pytest

from bartracker.errors import BartrackerError
from bartracker.links import FileLink, Link, PlaybackLink, UriError, open_link
from bartracker.recording.recording import Recording, RecordingMetadata


class Reader:
    """Stands in for the disk: remembers which path was asked for."""

    def __init__(self) -> None:
        self.path: Path | None = None

    def __call__(self, path: str | Path) -> Recording:
        self.path = Path(path)
        return Recording(RecordingMetadata(exercise="row"), (), None)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("set.btr", "set.btr"),
        ("sets of May/50%?.btr", "sets of May/50%?.btr"),
        ("file://set.btr", "set.btr"),
        ("FILE://folder/set.btr", "folder/set.btr"),
        ("file:///home/me/set.btr", "/home/me/set.btr"),
        ("file://localhost/home/me/set.btr", "/home/me/set.btr"),
        ("file:///C:/sets/set.btr", "C:/sets/set.btr"),
        ("file://sets%20of%20May/50%25%3F.btr?speed=2", "sets of May/50%?.btr"),
        ("C:\\sets\\set.btr", "C:\\sets\\set.btr"),
    ],
)
def test_paths(uri: str, path: str) -> None:
    reader = Reader()
    link = open_link(uri, reader=reader)
    assert reader.path == Path(path)
    assert link.label == Path(path).name
    assert link.metadata.exercise == "row"
    assert isinstance(link, Link)


@pytest.mark.parametrize(
    ("query", "speed"),
    [
        ("", 1.0),
        ("?speed=4", 4.0),
        ("?speed=0.25", 0.25),
        ("?speed=0", float("inf")),
        ("?speed=max", float("inf")),
        ("?speed=inf", float("inf")),
    ],
)
def test_speed(query: str, speed: float) -> None:
    link = open_link("file://set.btr" + query, reader=Reader())
    assert isinstance(link, PlaybackLink)
    assert link.speed == speed


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("http://host/set.btr", r"the scheme http:// is unknown; use ble://, sim://, file://PATH"),
        ("file://", "it names no file"),
        ("", "it names no file"),
        ("file://set.btr?sped=4", "the parameter 'sped' is unknown; known here: speed"),
        ("file://set.btr?speed", "'speed' is not NAME=VALUE"),
        ("file://set.btr?speed=1&speed=2", "'speed' is given twice"),
        ("file://set.btr?speed=fast", "speed=fast is not a number"),
        ("file://set.btr?speed=17", r"speed=17 is not possible; choose 0\.25 to 16"),
        ("file://set.btr?speed=-1", "speed=-1 is not possible"),
        ("file://set.btr?speed=nan", "speed=nan is not possible"),
    ],
)
def test_wrong_uris_are_refused_in_one_line_before_any_file_is_read(uri: str, words: str) -> None:
    reader = Reader()
    with pytest.raises(UriError, match=words) as caught:
        open_link(uri, reader=reader)
    assert reader.path is None
    assert str(caught.value).startswith(uri)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_the_files_own_error(tmp_path: Path) -> None:
    with pytest.raises(BartrackerError, match=r"missing\.btr") as caught:
        open_link(str(tmp_path / "missing.btr"))
    assert not isinstance(caught.value, UriError)


def test_file_links_are_playback_links() -> None:
    assert isinstance(FileLink(Recording(RecordingMetadata(), (), None), "x"), PlaybackLink)
