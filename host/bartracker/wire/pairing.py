"""Who may use a sensor: the policy of pairing as the host sets and asks it, protocol 1.2. Only bytes here."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bartracker.wire.errors import WireError
from bartracker.wire.packing import pack

PAIRING_SINCE_MINOR: Final = 2
PAIRING_OPCODE: Final = 20
PAIRING_LAYOUT: Final = struct.Struct("<B")
_STATE: Final = struct.Struct("<BBBB")


class PairingWish(IntEnum):
    """What a host may want."""

    OFF = 0
    """Serve everybody and forget all paired hosts, from the next start."""
    ON = 1
    """Serve paired hosts only, from the next start."""
    ASK = 2
    ANOTHER = 3
    """Take a further host within a minute; only a paired host may want it."""


@dataclass(frozen=True, slots=True)
class SetPairing:
    """`wish`: a `PairingWish`; the reply's rest is a `PairingState`. The sensor restarts once the host has left, where
    another policy is to hold. Since 1.2.
    """

    wish: int


@dataclass(frozen=True, slots=True)
class PairingState:
    """`on`: only paired hosts are served; `wanted`: from the next start; `hosts` that are paired; `open_s`: a new one
    is taken for so long.
    """

    on: bool
    wanted: bool
    hosts: int
    open_s: int


def encode_pairing_state(state: PairingState) -> bytes:
    """The rest of a reply to `SetPairing`."""
    return pack(_STATE, state.on, state.wanted, state.hosts, state.open_s)


def decode_pairing_state(rest: bytes) -> PairingState:
    """Inverse of `encode_pairing_state`. Raises WireError."""
    if len(rest) < _STATE.size:
        raise WireError("length", "state of pairing", f"{len(rest)} bytes instead of {_STATE.size}")
    on, wanted, hosts, open_s = _STATE.unpack_from(rest)
    return PairingState(bool(on), bool(wanted), hosts, open_s)
