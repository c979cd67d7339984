"""Work done in a process of its own, and what happens when there is none."""

import os

import pytest

from bartracker.other_process import OtherProcess


def _die_elsewhere(parent: int) -> str:
    if os.getpid() != parent:
        os._exit(1)
    return "done here"


def _refuse() -> None:
    raise ValueError("what the call itself raises")


def test_work_is_done_elsewhere_one_call_after_the_other():
    with OtherProcess("test") as other:
        first, second = other.submit(os.getpid), other.submit(os.getpid)
        assert first.result(30) == second.result(30) != os.getpid()


def test_when_the_process_dies_the_call_runs_here_and_the_next_has_a_new_process():
    with OtherProcess("test") as other:
        assert other.submit(_die_elsewhere, os.getpid()).result(30) == "done here"
        assert other.submit(os.getpid).result(30) != os.getpid()


def test_what_the_call_raises_comes_through():
    with OtherProcess("test") as other, pytest.raises(ValueError, match="what the call itself raises"):
        other.submit(_refuse).result(30)


def test_where_no_process_can_be_started_the_call_runs_here(monkeypatch):
    def none(*_arguments: object, **_options: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr("bartracker.other_process.ProcessPoolExecutor", none)
    with OtherProcess("test") as other:
        assert other.submit(os.getpid).result(30) == os.getpid()
