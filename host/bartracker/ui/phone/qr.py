"""The address of the phone page for a camera: a QR code in the terminal, where segno is installed."""

import importlib
import io
from typing import Any


def qr_text(url: str) -> str | None:
    """The code in half blocks, dark on light; None where segno is not installed."""
    try:
        segno: Any = importlib.import_module("segno")
    except ImportError:
        return None
    drawn = io.StringIO()
    segno.make(url, error="l", micro=False).terminal(out=drawn, compact=True)
    return drawn.getvalue()
