"""Bluetooth names of protocol v1: the service, its characteristics, and the adopted services a sensor also offers."""

from typing import Final


def _custom(number: int) -> str:
    return f"3c08{number:04x}-d3fe-4d22-b1fa-31c0aaed3fdb"


SERVICE_UUID: Final = _custom(0xC258)
INFO_UUID: Final = _custom(0xC259)
"""Read: `info`."""
CONTROL_UUID: Final = _custom(0xC25A)
"""Write with response, indicate: `commands.ControlCommand` and `replies.ControlReply`."""
DATA_UUID: Final = _custom(0xC25B)
"""Notify: `data`."""
STATUS_UUID: Final = _custom(0xC25C)
"""Read, notify: `status.Status`."""
TIME_SYNC_UUID: Final = _custom(0xC25D)
"""Write without response, notify: `time_sync.TimeSyncRequest` and `TimeSyncReply`."""
LOG_UUID: Final = _custom(0xC25E)
"""Notify, since 1.1: `log.LogPart`."""
UPDATE_UUID: Final = _custom(0xC25F)
"""Write without response, since 1.2: `update.UpdateChunk`."""

BATTERY_SERVICE_UUID: Final = "0000180f-0000-1000-8000-00805f9b34fb"
DEVICE_INFORMATION_SERVICE_UUID: Final = "0000180a-0000-1000-8000-00805f9b34fb"
