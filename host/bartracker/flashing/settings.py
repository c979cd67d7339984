"""What the work at the port is tuned by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlashSettings:
    """Times at the port, all in s.

    Attributes:
        answer_s: longest wait for the prompt after Ctrl-C and a soft reset. A classic ESP32 that the opening of its
            port has reset needs 2 s to boot.
        attempts: how often to ask for the prompt: a Ctrl-C sent while the board boots is lost.
        quiet_s: longest silence of a board at work; writing 256 bytes to a full flash file system takes below 1 s.
        measure_s: how long the check counts samples. Two bursts of 50 ms are the uncertainty.
        start_s: how long the started firmware is watched for an error.
        restart_s: longest wait for the board after MicroPython was written; its port goes and comes again.
    """

    answer_s: float = 5.0
    attempts: int = 2
    quiet_s: float = 10.0
    measure_s: float = 1.5
    start_s: float = 1.5
    restart_s: float = 20.0
