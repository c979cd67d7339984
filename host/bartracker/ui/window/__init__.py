"""The window (PySide6, pyqtgraph). Importing this package needs neither; what is missing is said when the window is
asked for.
"""

import importlib
import logging
import os
import signal
import subprocess
import sys
from types import FrameType

from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.ui.preferences import Preferences
from bartracker.ui.qt_libraries import missing_packages
from bartracker.ui.sources import Surroundings

LOG = logging.getLogger("bartracker.window")
LOG.addHandler(logging.NullHandler())

_PIP = 'install the window with `pip install "bartracker[window]"`'
_PROBE_S = 30.0
_UNSEEN = ("offscreen", "minimal")  # Qt platforms that show nothing


def display_available() -> str | None:
    """None if a person can see a window here; otherwise why not and what to do, in one line."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform in _UNSEEN:
        return f"QT_QPA_PLATFORM={platform} shows nothing"
    if sys.platform.startswith("linux") and not (
        platform or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return "no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
    try:
        require_window()
    except BartrackerError as error:
        return f"{error.problem}; {error.remedy}"
    return None


def require_window() -> None:
    """Raise BartrackerError, saying what to install, if Qt cannot open a window here, seen or unseen.

    On Linux one is opened in a process of its own, because Qt ends the whole program where it finds no display.
    """
    import_qt()
    if sys.platform.startswith("linux"):
        problem = _probe()
        if problem is not None:
            raise BartrackerError("window", problem, _how_to_mend())


def import_qt() -> None:
    """Load PySide6 and pyqtgraph. Raises BartrackerError that says what to install."""
    for module in ("PySide6.QtWidgets", "pyqtgraph"):
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise BartrackerError("window", f"{error.name} is not installed", _PIP) from error
        except ImportError as error:
            raise BartrackerError(
                "window", f"Qt does not load ({' '.join(str(error).split())})", _how_to_mend()
            ) from error


def _how_to_mend() -> str:
    packages = missing_packages()
    return f"install `apt-get install {' '.join(packages)}`" if packages else "`bartracker check` says what is missing"


def run_window(
    session: LiveSession, preferences: Preferences | None = None, surroundings: Surroundings | None = None
) -> tuple[int, Preferences]:
    """Show a session in a window until it is closed; starts and closes it, and what the window opened after it. Returns
    0, or 1 if the last session failed, and how the person likes the window now.

    Raises BartrackerError if no window can be opened, and KeyboardInterrupt on Ctrl-C after the session has been
    closed in order.
    """
    require_window()
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window.collecting import collected_here
    from bartracker.ui.window.main import MainWindow, dress

    def on_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        LOG.info("Qt: %s", text)

    previous_handler = qInstallMessageHandler(on_qt_message)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    interrupted: list[bool] = []

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        interrupted.append(True)
        app.quit()

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        with collected_here():
            dress(app)
            session.start()
            window = MainWindow(session, preferences, surroundings)
            if window.preferences.full_screen:
                window.showFullScreen()
            else:
                window.show()
            app.exec()
            window.close()
            last, liked = window.session, window.preferences
            del window
    finally:
        session.close()
        signal.signal(signal.SIGINT, previous)
        qInstallMessageHandler(previous_handler)
    if interrupted:
        raise KeyboardInterrupt
    last.close()
    return (0 if last.failure is None else 1), liked


def _probe() -> str | None:
    code = "from PySide6.QtWidgets import QApplication; QApplication([])"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=_PROBE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the display does not answer within {_PROBE_S:.0f} s"
    if done.returncode == 0:
        return None
    LOG.info("Qt cannot open the display: %s", done.stderr.strip())
    return "Qt cannot open a window on this display"
