"""For all tests: whether Qt can be used here. GUI tests ask with the fixture `require_qt`; nothing else touches Qt."""

import os
import signal
from collections.abc import Iterator

import hypothesis
import pytest

from bartracker.errors import BartrackerError
from bartracker.ui.window import import_qt

# Whoever runs the tests in the background has told them to ignore Ctrl-C; what they start must not inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where a failure must be the change's own, every run tries the same examples; elsewhere new ones are looked for.
hypothesis.settings.register_profile("same", derandomize=True)
if os.environ.get("BARTRACKER_FORBID_SKIPS"):
    hypothesis.settings.load_profile("same")


def _qt_problem() -> str | None:
    try:
        import_qt()
    except BartrackerError as error:
        return str(error)
    return None


_QT_PROBLEM = _qt_problem()


@pytest.fixture(scope="session", autouse=True)
def empty_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a developer keeps of sensors and calibrations would change what these measure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def require_qt() -> None:
    """Skip where Qt cannot be loaded and say what it lacks; with BARTRACKER_FORBID_SKIPS set that is a failure."""
    if _QT_PROBLEM is not None:
        if os.environ.get("BARTRACKER_FORBID_SKIPS"):
            pytest.fail(_QT_PROBLEM, pytrace=False)
        pytest.skip(_QT_PROBLEM)


if _QT_PROBLEM is None:
    os.environ.setdefault("PYTEST_QT_API", "pyside6")
    pytest_plugins = ["pytestqt.plugin"]
else:

    @pytest.fixture(scope="session")
    def qapp(require_qt: None) -> None:
        """Stands in for pytest-qt's, so that a test which asks for it is skipped in words."""

    @pytest.fixture
    def qtbot(require_qt: None) -> None:
        """Stands in for pytest-qt's, so that a test which asks for it is skipped in words."""


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With BARTRACKER_FORBID_SKIPS set, as CI does, whatever was skipped lacked something: that is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("BARTRACKER_FORBID_SKIPS") and exitstatus == 0 and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
