"""The thread that hears a session's cues and has them played: on the sensor, and here tone first, then the words."""

import logging
import threading
from collections.abc import Callable

from bartracker.coaching.cues import Cue
from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.ui.sound.player import Bell, Loudspeaker, Player
from bartracker.ui.sound.sensor import OUTPUTS, pattern_of
from bartracker.ui.sound.speech import Voice
from bartracker.ui.sound.tones import notes_of

LOG = logging.getLogger("bartracker.sound")
LOG.addHandler(logging.NullHandler())

LATE_S = 1.0
"""A cue older than this is not played any more: a recording that is hurried through stays silent."""
_WAKE_S = 0.5


def usual_player() -> Player:
    """The loudspeaker; the terminal's bell where there is none, and why in the log."""
    try:
        return Loudspeaker()
    except BartrackerError as error:
        LOG.info("%s", error)
        return Bell()


class CueListener:
    """Plays the cues of whatever session `current` gives, where they are to sound: here by `player` and voice, None for
    silence, and on the sensor.
    """

    def __init__(self, current: Callable[[], LiveSession], player: Player | None, voice: Voice) -> None:
        self._current, self._player, self._voice = current, player, voice
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bartracker-sound", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._ending.set()
        self._thread.join(2.0)
        self._voice.hush()
        if self._player is not None:
            self._player.close()

    def _run(self) -> None:
        session, heard, version = self._current(), 0, -1
        while not self._ending.is_set():
            if self._current() is not session:
                session, heard, version = self._current(), 0, -1
            state = session.wait_newer(version, _WAKE_S)
            version = state.version
            new = [cue for cue in state.cues if cue.number > heard]
            if not new:
                continue
            heard = new[-1].number
            head_s = float(state.motion.t_s[-1]) if len(state.motion) else new[-1].t_s
            due = [cue for cue in new if head_s - cue.t_s < LATE_S]
            if due:
                self._to_sensor(session, due[-1])
                if session.heard.sounds:
                    self._sound(due[-1])

    def _to_sensor(self, session: LiveSession, cue: Cue) -> None:
        outputs, played = OUTPUTS.get(session.heard.sensor), pattern_of(cue)
        if outputs is not None and played is not None:
            session.cue_sensor(outputs, played.pattern, played.repeat)

    def _sound(self, cue: Cue) -> None:
        if self._player is None:
            return
        self._voice.hush()
        self._player.play(cue)
        if cue.words:
            # The words follow the tone; a close() in between ends both.
            self._ending.wait(sum(note.lasts_s + note.rest_s for note in notes_of(cue)))
            if not self._ending.is_set():
                self._voice.say(cue.words)
