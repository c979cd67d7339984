"""The window (PySide6, pyqtgraph). Importing this package needs neither; what is missing is said when the window is
asked for.
"""

import importlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.ui.preferences import Preferences
from bartracker.ui.qt_libraries import missing_packages
from bartracker.ui.sources import Surroundings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from bartracker.live_calibration import CalibrationSession, CalibrationState

_T = TypeVar("_T")
LOG = logging.getLogger("bartracker.window")
LOG.addHandler(logging.NullHandler())

_PIP = 'install the window with `pip install "bartracker[window]"`'
_PROBE_S = 30.0
_SWITCH_S = 0.001
_UNSEEN = ("offscreen", "minimal")  # Qt platforms that show nothing
_opened: set[str] = set()  # Qt platforms that have opened a window on this display


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

    On Linux one is opened in a process of its own, because Qt ends the whole program where it finds no display; once,
    and while this one loads what it needs.
    """
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if not sys.platform.startswith("linux") or platform in (*_UNSEEN, *_opened):
        import_qt()
        return
    with _probe() as probe:
        import_qt()
        problem = _answer(probe)
    if problem is not None:
        raise BartrackerError("window", problem, _how_to_mend())
    _opened.add(platform)


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

    def show(app: "QApplication") -> tuple[LiveSession, Preferences]:
        from bartracker.ui.window.main import MainWindow

        window = MainWindow(session, preferences, surroundings)
        if window.preferences.full_screen:
            window.showFullScreen()
        else:
            window.show()
        # The first picture before anything else: what samples need takes another second to load.
        window.on_frame()
        app.processEvents()
        session.start()
        app.exec()
        window.close()
        return window.session, window.preferences

    try:
        last, liked = _in_qt(show)
    finally:
        session.close()
    last.close()
    return (0 if last.failure is None else 1), liked


def run_calibration_window(
    open_session: "Callable[[], CalibrationSession]", preferences: Preferences | None = None
) -> "CalibrationState":
    """Lead a person through a calibration in a window of its own until it is closed; `open_session` begins it, and
    begins it again. Returns where the last one ended.

    Raises BartrackerError if no window can be opened, and KeyboardInterrupt on Ctrl-C.
    """

    def show(app: "QApplication") -> "CalibrationState":
        from bartracker.ui.window.calibration_window import CalibrationWindow

        window = CalibrationWindow(open_session, preferences)
        window.show()
        app.exec()
        window.close()
        return window.state

    return _in_qt(show)


def _in_qt(show: "Callable[[QApplication], _T]") -> _T:
    """Run `show`, which shows a window until it is closed, with Qt's messages in the log and Ctrl-C closing it."""
    require_window()
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from bartracker.ui.window.collecting import collected_here
    from bartracker.ui.window.main import dress

    def on_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        LOG.info("Qt: %s", text)

    previous_handler = qInstallMessageHandler(on_qt_message)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    interrupted: list[bool] = []

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        interrupted.append(True)
        app.quit()

    previous = signal.signal(signal.SIGINT, on_interrupt)
    switch_s = sys.getswitchinterval()
    # A frame takes the interpreter's lock dozens of times; each time it may have to wait for so long.
    sys.setswitchinterval(_SWITCH_S)
    try:
        with collected_here():
            dress(app)
            shown = show(app)
    finally:
        sys.setswitchinterval(switch_s)
        signal.signal(signal.SIGINT, previous)
        qInstallMessageHandler(previous_handler)
    if interrupted:
        raise KeyboardInterrupt
    return shown


def _probe() -> "subprocess.Popen[str]":
    code = "from PySide6.QtWidgets import QApplication; QApplication([])"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _answer(probe: "subprocess.Popen[str]") -> str | None:
    """What is wrong with the display, None: nothing."""
    try:
        said = probe.communicate(timeout=_PROBE_S)[1]
    except subprocess.TimeoutExpired:
        probe.kill()
        return f"the display does not answer within {_PROBE_S:.0f} s"
    if probe.returncode == 0:
        return None
    LOG.info("Qt cannot open the display: %s", said.strip())
    return "Qt cannot open a window on this display"
