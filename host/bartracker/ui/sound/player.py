"""Where tones go: the computer's loudspeaker through miniaudio (optional), or the terminal's bell."""

import importlib
import os
import sys
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Protocol, TextIO

import numpy as np

from bartracker.coaching.cues import Cue
from bartracker.errors import BartrackerError
from bartracker.ui.sound.tones import RATE_HZ, notes_of, tone

PIP = 'install it with `pip install "bartracker[sound]"`'
_BUFFER_MS = 20
_CONNECT = "connect one, or press S for no sound"


def any_sound_device(environment: Mapping[str, str], cards: Path = Path("/proc/asound")) -> bool:
    """Whether this computer can sound at all. Asked on Linux only, where a library that finds no card says so on the
    user's terminal.
    """
    if not sys.platform.startswith("linux"):
        return True
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    served = "PULSE_SERVER" in environment or (runtime != "" and (Path(runtime) / "pulse" / "native").exists())
    return served or any(cards.glob("card*"))


class Player(Protocol):
    """Plays one tone at a time; a new one cuts the old."""

    def play(self, cue: Cue) -> None:
        """Begin and return at once."""
        ...

    def close(self) -> None:
        """Be silent for good."""
        ...


class Loudspeaker:
    """The computer's loudspeaker. Raises BartrackerError where miniaudio or a sound device is missing."""

    def __init__(self, *, device: bool = True) -> None:
        try:
            miniaudio: Any = importlib.import_module("miniaudio")
        except ImportError as error:
            raise BartrackerError("sound", "miniaudio is not installed", PIP) from error
        if device and not any_sound_device(os.environ):
            raise BartrackerError("sound", "there is no sound device", _CONNECT)
        self._lock = threading.Lock()
        self._samples = np.empty(0, dtype=np.int16)
        self._taken = 0
        backends = None if device else [miniaudio.Backend.NULL]
        try:
            self._device: Any = miniaudio.PlaybackDevice(
                output_format=miniaudio.SampleFormat.SIGNED16,
                nchannels=1,
                sample_rate=RATE_HZ,
                buffersize_msec=_BUFFER_MS,
                backends=backends,
                app_name="bartracker",
            )
        except miniaudio.MiniaudioError as error:
            raise BartrackerError("sound", f"the sound device does not answer ({error})", _CONNECT) from error
        stream = self._stream()
        next(stream)
        self._device.start(stream)

    @property
    def left(self) -> int:
        """Samples that are still to be played."""
        with self._lock:
            return len(self._samples) - self._taken

    def play(self, cue: Cue) -> None:
        samples = np.round(32767.0 * tone(notes_of(cue))).astype(np.int16)
        with self._lock:
            self._samples, self._taken = samples, 0

    def close(self) -> None:
        self._device.close()

    def _stream(self) -> Generator[bytes, int, None]:
        """Called by miniaudio's thread for so many samples at a time."""
        wanted = yield b""
        while True:
            with self._lock:
                part = self._samples[self._taken : self._taken + wanted]
                self._taken += len(part)
            wanted = yield part.tobytes() + bytes(2 * (wanted - len(part)))


class Bell:
    """The terminal's bell: for what must be heard where there is no loudspeaker. Says nothing but the alarm and reps
    that are off.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def play(self, cue: Cue) -> None:
        if (cue.kind in ("stop", "link") or cue.level == "off") and self._stream.isatty():
            self._stream.write("\a")
            self._stream.flush()

    def close(self) -> None:
        """Nothing to do."""
