"""`check sensor` end to end on virtual time: the real firmware in the VM, chip models that misbehave, a radio.
A healthy sensor passes every line; each fault fails the line that is about it, and no other fault is made up.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bartracker.cli import self_test
from bartracker.cli.program import run as bartracker
from bartracker.links.sim_link import SimLink
from bartracker.links.sim_uri import parse_sim
from bartracker.links.uri import parse_uri
from bartracker.self_test import Finding, SelfTest, SelfTestSettings, run_self_test
from bartracker.sim.chips.base import Specimen
from bartracker.sim.virtual_sensor import VirtualSensor
from bartracker.wire.log import LOG_BLOCK, LogBlock, encode_log_block

pytest.importorskip("wasmtime", reason="the MicroPython VM is not installed")

SHORT = SelfTestSettings(measure_s=8.0)


class Spoiled(SimLink):
    """A virtual sensor whose chip is spoiled as soon as it streams."""

    spoil = ""

    def connect(self):
        info = super().connect()
        spoil, self.spoil = self.spoil, ""
        if spoil == "scale":
            specimen: Specimen = self.chip._specimen
            specimen.errors = replace(specimen.errors, acc_matrix=1.1 * np.eye(3))
        elif spoil:
            setattr(self.chip.faults, spoil, True)
        return info


def outcome(query: str = "", spoil: str = "", settings: SelfTestSettings = SHORT) -> tuple[SelfTest, list[str]]:
    uri = f"sim://rest?seed=3&rate_hz=100{query}"
    link = Spoiled(parse_sim(uri, parse_uri(uri)), given=uri, virtual_time=True)
    link.spoil = spoil
    said: list[str] = []
    try:
        test = run_self_test(link, said.append, made_utc="2026-01-02T03:04:05+00:00", program="0.1", settings=settings)
    finally:
        link.close()
    return test, said


def verdicts(test: SelfTest, verdict: str) -> set[str]:
    return {each.name for each in test.findings if each.verdict == verdict}


def test_a_healthy_sensor_passes_every_line() -> None:
    test, said = outcome(settings=SelfTestSettings())
    assert test.passed, test.to_markdown()
    assert not verdicts(test, "not available")
    found = {each.name: each for each in test.findings}
    free, before = (int(word) for word in found["heap"].text.split() if word.isdigit())
    assert before >= free > 1000
    assert found["chip"].text.startswith("LSM6DSO/DSOX (ID 1)")
    assert "0 lost" in found["notifications"].text
    assert "4 KB" in found["flash log"].text
    assert "of the data sheet's 3.8" in found["gyroscope noise"].text
    assert any("lay the sensor" in each for each in said)
    assert any("measuring for 62 s" in each for each in said)


@pytest.mark.parametrize(
    ("query", "spoil", "failed"),
    [
        ("", "frozen", {"samples"}),
        ("", "noise_only", {"gravity"}),
        ("", "scale", {"gravity"}),
        ("&loss=0.3", "", {"radio"}),
    ],
    ids=["frozen", "noise only", "scale", "loss"],
)
def test_a_fault_fails_its_line(query: str, spoil: str, failed: set[str]) -> None:
    test, _ = outcome(query, spoil)
    assert not test.passed
    assert verdicts(test, "fail") == failed, test.to_markdown()


@pytest.mark.parametrize("blocks", [0, 8], ids=["no partition", "others' recordings"])
def test_the_flash_log_is_tried_where_there_is_one_and_nothing_else_is_touched(
    blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = encode_log_block(LogBlock(1, 1, closed=True, info=b"info", packets=(b"packet",)))
    made: list[VirtualSensor] = []

    def sensor(*arguments: Any, **options: Any) -> VirtualSensor:
        made.append(VirtualSensor(*arguments, **options, log_blocks=blocks))
        made[0].board.flash.data[: min(blocks, 1) * LOG_BLOCK] = kept[: min(blocks, 1) * LOG_BLOCK]
        return made[0]

    monkeypatch.setattr("bartracker.sim.virtual_sensor.VirtualSensor", sensor)
    test, _ = outcome()
    finding = test.findings[-1]
    assert test.passed
    if not blocks:
        assert finding.verdict == "not available"
        assert "--with-log" in finding.text
        return
    assert finding.verdict == "pass", finding.text
    flash = made[0].board.flash
    assert flash.read(0, LOG_BLOCK) == kept
    # What the test has recorded is wiped: no other block begins as one in use does.
    assert [flash.read(at * LOG_BLOCK, 4) == kept[:4] for at in range(blocks)] == [True] + [False] * (blocks - 1)
    assert sum(flash.erasures) >= 2


def test_a_sensor_that_is_moved_is_told_to_lie_still() -> None:
    uri = "sim://squat?reps=4&seed=3&rate_hz=100"
    link = SimLink(parse_sim(uri, parse_uri(uri)), given=uri, virtual_time=True)
    settings = SelfTestSettings(measure_s=10.0, patience_s=6.0)
    test = run_self_test(link, lambda _: None, made_utc="now", program="0.1", settings=settings)
    link.close()
    assert verdicts(test, "fail") == {"rest"}, test.to_markdown()
    assert verdicts(test, "not available") >= {"gravity", "turning at rest", "noise"}


def test_the_command_keeps_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    path = tmp_path / "sensor.md"
    uri = "sim://rest?seconds=15&rate_hz=100&seed=3"
    monkeypatch.setattr(
        self_test, "opened", lambda _: SimLink(parse_sim(uri, parse_uri(uri)), given=uri, virtual_time=True)
    )
    assert bartracker(["check", "sensor", uri, "--report", str(path)]) == 0
    out = capsys.readouterr().out
    assert "pass          chip " in out
    assert "passed; " in out
    report = path.read_text()
    assert "Format bartracker.self_test/1. Passed; " in report
    assert "| flash log | pass |" in report


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sensor", "tests/recordings/demo_squat.btr"], "is a recording"),
        (["sensor", "ble://", "--report", "x.txt"], "end the name in .md"),
        (["noise", "ble://", "--report", "x.md"], "give it to check sensor"),
    ],
)
def test_wrong_use(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bartracker(["check", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_report_holds_whatever_a_sensor_calls_itself() -> None:
    finding = Finding("chip", "pass", "a|b\nc")
    test = SelfTest("bar|1\n# x", "00ff", "0.1.0", "now", "0.1", (finding,))
    lines = test.to_markdown().splitlines()
    assert lines[0] == "## Self-test of bar\\|1 # x, now"
    assert lines[-1] == "| chip | pass | a\\|b c |  |"
