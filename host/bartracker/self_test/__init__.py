"""The self-test of a sensor: lay it down for a minute, and everything that can be measured is held against a limit and
said in words. What is measured at rest is pure (resting.py, judging.py); the link is in running.py and flash_log.py.
"""

from bartracker.self_test.findings import Finding, SelfTest
from bartracker.self_test.running import run_self_test
from bartracker.self_test.settings import SelfTestSettings

__all__ = ["Finding", "SelfTest", "SelfTestSettings", "run_self_test"]
