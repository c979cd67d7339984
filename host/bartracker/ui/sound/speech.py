"""Words spoken offline by the system's own voice: espeak-ng on Linux, `say` on macOS, System.Speech on Windows. One
utterance at a time.
"""

import logging
import shutil
import subprocess
import sys
from collections.abc import Callable

LOG = logging.getLogger("bartracker.sound")
LOG.addHandler(logging.NullHandler())

_WINDOWS = (
    "Add-Type -AssemblyName System.Speech; (New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak($args[0])"
)


def speech_command(platform: str, which: Callable[[str], str | None] = shutil.which) -> tuple[str, ...] | None:
    """The command that says its last argument; None where the system has no voice."""
    if platform == "darwin":
        candidates: tuple[tuple[str, ...], ...] = (("say",),)
    elif platform == "win32":
        candidates = (("powershell", "-NoProfile", "-Command", _WINDOWS),)
    else:
        candidates = (("espeak-ng", "-s", "165"), ("espeak", "-s", "165"))
    for command in candidates:
        path = which(command[0])
        if path is not None:
            return (path, *command[1:])
    return None


class Voice:
    """Says words; silent where there is no voice. A new utterance cuts the old one short."""

    def __init__(self, command: tuple[str, ...] | None = None) -> None:
        self._command = command or speech_command(sys.platform)
        self._speaking: subprocess.Popen[bytes] | None = None

    @property
    def available(self) -> bool:
        """Whether the system has a voice."""
        return self._command is not None

    def say(self, words: str) -> None:
        """Begin to say this and return at once."""
        self.hush()
        if self._command is None or not words:
            return
        try:
            self._speaking = subprocess.Popen(
                [*self._command, words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            LOG.warning("no speech: %s", error)
            self._command = None

    def hush(self) -> None:
        """Say no more."""
        speaking, self._speaking = self._speaking, None
        if speaking is not None and speaking.poll() is None:
            speaking.kill()
            speaking.wait()
