"""A small web server for phones in the same network: the page, and a stream of what it shows (server-sent events).
Standard library only; read-only; every path but the token's is "not found".
"""

import ipaddress
import json
import secrets
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Final

from bartracker.coaching.metrics import Metric
from bartracker.errors import BartrackerError
from bartracker.live_state import LiveState
from bartracker.ui.phone.content import phone_content

MOST_VIEWERS: Final = 8
_EVERY_S: Final = 0.1
_KEEP_ALIVE_S: Final = 10.0
_HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
    ),
)


def own_address() -> str:
    """This computer's address in its network; the loopback where it has none. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket only looks the route up. 192.0.2.1 is reserved for documentation.
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def parse_place(text: str) -> tuple[str, int]:
    """An address to serve at: "auto", ADDRESS or ADDRESS:PORT; port 0 is any free one. Raises BartrackerError."""
    if text == "auto":
        return own_address(), 0
    host, colon, port = text.rpartition(":")
    host, port = (host, port) if colon else (text, "0")
    try:
        address, number = str(ipaddress.IPv4Address(host)), int(port)
    except ValueError:
        number, address = -1, ""
    if not 0 <= number < 65536:
        raise BartrackerError(
            f"--serve {text}", "is no address", "give auto, or this computer's own, as 192.168.1.5:8080"
        )
    return address, number


class PhoneServer:
    """Serves `snapshot` while open; `metric` says which number is large. Raises BartrackerError where the address
    cannot be used.
    """

    def __init__(
        self,
        place: tuple[str, int],
        snapshot: Callable[[], LiveState],
        metric: Callable[[], Metric],
        token: str | None = None,
    ) -> None:
        self._snapshot, self._metric = snapshot, metric
        self._token = token or secrets.token_urlsafe(16)
        self._viewers = threading.BoundedSemaphore(MOST_VIEWERS)
        self.ending = threading.Event()
        owner = self

        class Handler(_Handler):
            server_of = owner

        try:
            self._http = _Server(place, Handler)
        except OSError as error:
            given = f"{place[0]}:{place[1]}"
            raise BartrackerError(given, f"cannot be served at ({error.strerror})", "give another address") from None
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.1,), name="bartracker-phone", daemon=True
        )

    @property
    def url(self) -> str:
        """What the phone opens."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}/{self._token}/"

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """Serve no more; streams end by themselves."""
        self.ending.set()
        if self._thread.is_alive():
            self._http.shutdown()
        self._http.server_close()

    def admits(self, path: str) -> str | None:
        """What is asked for below the token, None for a path without it. Takes as long for a wrong token as for the
        right one.
        """
        parts = path.split("?", 1)[0].split("/")
        given = parts[1] if len(parts) > 1 else ""
        right = secrets.compare_digest(given.encode(errors="replace"), self._token.encode())
        return "/".join(parts[2:]) if right and len(parts) > 2 else None

    def enter(self) -> bool:
        """Whether one more may watch; `leave` when done."""
        return self._viewers.acquire(blocking=False)

    def leave(self) -> None:
        """One fewer watches."""
        self._viewers.release()

    def content(self) -> str:
        """What is shown now, as JSON in one line."""
        return json.dumps(phone_content(self._snapshot(), self._metric()), ensure_ascii=False, allow_nan=False)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A phone that goes away is no fault."""


class _Handler(BaseHTTPRequestHandler):
    server_of: PhoneServer
    server_version = "bartracker"
    sys_version = ""
    timeout = 20

    def do_GET(self) -> None:
        match self.server_of.admits(self.path):
            case "":
                page = resources.files("bartracker.ui.phone").joinpath("page.html").read_bytes()
                self._begin(HTTPStatus.OK, "text/html; charset=utf-8", len(page))
                self.wfile.write(page)
            case "events":
                self._stream()
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing of who watches is kept."""

    def _begin(self, status: HTTPStatus, kind: str, length: int | None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in _HEADERS:
            self.send_header(name, value)
        self.end_headers()

    def _stream(self) -> None:
        owner = self.server_of
        if not owner.enter():
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        try:
            self._begin(HTTPStatus.OK, "text/event-stream", None)
            told, silent_s = "", 0.0
            while not owner.ending.is_set():
                content = owner.content()
                if content != told:
                    self.wfile.write(f"data: {content}\n\n".encode())
                    told, silent_s = content, 0.0
                elif silent_s >= _KEEP_ALIVE_S:
                    self.wfile.write(b": still here\n\n")
                    silent_s = 0.0
                owner.ending.wait(_EVERY_S)
                silent_s += _EVERY_S
        except OSError:
            return
        finally:
            owner.leave()
