"""The whole self-test over a link."""

from collections.abc import Callable

from bartracker.errors import BartrackerError
from bartracker.links.link import LinkNotice
from bartracker.links.sensor_link import WorkableLink
from bartracker.self_test.findings import SelfTest
from bartracker.self_test.flash_log import FlashLogTrial
from bartracker.self_test.judging import Heard, judged
from bartracker.self_test.resting import RestMeasurement, RestState
from bartracker.self_test.settings import SelfTestSettings
from bartracker.wire.status import Status

_SAYINGS = {
    RestState.WAITING: "lay the sensor on something firm and let go of it",
    RestState.DONE: "enough; now its memory for recordings",
}


def run_self_test(
    link: WorkableLink,
    say: Callable[[str], None],
    *,
    made_utc: str,
    program: str,
    settings: SelfTestSettings | None = None,
) -> SelfTest:
    """Test the sensor behind a link that is not connected yet, for about 70 s.

    Args:
        link: to a sensor; it is read to its end.
        say: told what to do, and what goes on.
        made_utc: the time now, ISO 8601; program: bartracker's version; both for the report.
        settings: times and limits.

    Raises BartrackerError: no sensor, or none that works at all.
    """
    settings = settings or SelfTestSettings()
    trial = FlashLogTrial(settings)
    link.before_end(trial.run)
    info = link.connect()
    trial.info = info
    rest = RestMeasurement(info.nominal_rate_hz, settings)
    say(_SAYINGS[RestState.WAITING])
    first: Status | None = None
    try:
        for item in link.items():
            if isinstance(item, LinkNotice):
                say(item.text)
                continue
            first = first or link.health().status
            before = rest.state
            rest.push(item)
            if rest.state is before:
                continue
            if rest.state is RestState.DONE:
                link.finish()
            say(_SAYINGS.get(rest.state, f"measuring for {settings.measure_s:.0f} s; do not touch it"))
    except BartrackerError as error:
        # What was heard until then is judged; a sensor that was given up has failed by it.
        say(f"{error.given}: {error.problem}")
    health = link.health()
    heard = Heard(info, health, first, trial.status or health.status, rest.result())
    return SelfTest(
        sensor=link.label,
        device_id=info.device_id.hex(),
        firmware=".".join(map(str, info.firmware)),
        made_utc=made_utc,
        program=program,
        findings=(*judged(heard, settings), trial.finding),
    )
