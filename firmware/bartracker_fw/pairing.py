# Who may use the sensor where its owner wants it for himself alone: paired hosts. Off unless it was switched on, and
# what was switched holds from the next start, for the services' flags are fixed when they are registered.
# A new host is taken only while the window is open: after the button was held, on a paired host's word, or while there
# is no paired host at all. The stack's keys lie in NVS. Imports neither machine nor bluetooth.
from micropython import const

OFF = const(0)
ON = const(1)
ASK = const(2)
OPEN = const(3)

_WINDOW_S = const(60)
_OPEN_HELD_S = const(2)
_FORGET_HELD_S = const(10)
# A stranger must not keep others away.
_UNTRUSTED_S = const(30)
# As NimBLE numbers what it has to keep: keys of the other side, and this side's own identity.
_PEER = const(2)
_OWN_IDENTITY = const(10)
_KEY = "bonds"
_MOST = const(1800)
_NOT_FOUND = const(-0x1102)


class Pairing:
    # nvs: an esp32.NVS. button: its Pin, None where there is none. `on`: only paired hosts are served; `wanted`: from
    # the next start. `trusted`: the host that is connected is a paired one. `changed`: what config() gets is.
    def __init__(self, nvs, button) -> None:
        self._nvs = nvs
        self._button = button
        self._held_s = 0
        self._untrusted_s = 0
        self.on = self._policy() == ON
        self.wanted = self.on
        self.restart_due = False
        self.trusted = not self.on
        self.strange = False
        self.changed = False
        # Type, key and value of each secret.
        self._secrets: list[tuple[int, bytes, bytes]] = []
        if self.on:
            self._load()
        self.window_s = _WINDOW_S if self.on and not self.bonds else 0

    def _policy(self) -> int:
        try:
            return self._nvs.get_i32("pairing")
        except OSError:
            return OFF

    @property
    def bonds(self) -> int:
        count = 0
        for secret in self._secrets:
            if secret[0] == _PEER:
                count += 1
        return count

    # What the host and the button want

    def want(self, wish: int) -> bool:
        # False: there is no such wish, or not now.
        if wish == OPEN:
            if not self.on:
                return False
            self._open()
        elif wish in (ON, OFF):
            self._switch(wish)
        return wish <= OPEN

    def about(self) -> bytes:
        return bytes((self.on, self.wanted, self.bonds, self.window_s))

    def _switch(self, policy: int) -> None:
        if policy == OFF:
            self._forget()
        self._nvs.set_i32("pairing", policy)
        self._nvs.commit()
        self.wanted = policy == ON
        self.restart_due = self.wanted != self.on

    def _open(self) -> None:
        self.window_s = _WINDOW_S
        self.changed = True

    def every_second(self, connected: bool) -> bool:
        # True: end the connection.
        if self.window_s:
            self.window_s -= 1
            if not self.window_s and not self.bonds:
                # As long as there is none, the first one is taken.
                self.window_s = _WINDOW_S
            elif not self.window_s:
                self.changed = True
        button = self._button
        pressed = button is not None and not button.value()
        self._held_s = self._held_s + 1 if pressed else 0
        if self._held_s == _OPEN_HELD_S and self.on:
            self._open()
        if self._held_s == _FORGET_HELD_S:
            self._switch(OFF)
        if not connected or self.trusted:
            self._untrusted_s = 0
            return False
        self._untrusted_s += 1
        return self.strange or self._untrusted_s > _UNTRUSTED_S

    # What the stack tells and asks

    def note_connection(self) -> None:
        self.trusted = not self.on
        self.strange = False

    def note_encryption(self, encrypted: bool, bonded: bool) -> None:
        if not self.on:
            return
        self.trusted = encrypted and bonded
        self.strange = encrypted and not bonded and not self.window_s

    def secret(self, kind: int, index: int, key: "bytes | None") -> "bytes | None":
        # That of this key, or, without one, the index-th of its kind.
        for each, own_key, value in self._secrets:
            if each == kind:
                if key is None and not index:
                    return value
                if key is None:
                    index -= 1
                elif own_key == bytes(key):
                    return value
        return None

    def keep_secret(self, kind: int, key: bytes, value: "bytes | None") -> bool:
        # Keys change only while the window is open: whoever borrows a paired host's address must not replace them.
        if not self.on or (kind != _OWN_IDENTITY and not self.window_s):
            return False
        key = bytes(key)
        before = self._secrets
        rest = [secret for secret in before if secret[0] != kind or secret[1] != key]
        if value is not None:
            rest.append((kind, key, bytes(value)))
        elif len(rest) == len(before):
            return False
        self._secrets = rest
        if not self._save():
            self._secrets = before
            return False
        return True

    def _forget(self) -> None:
        self._secrets = []
        try:
            self._nvs.erase_key(_KEY)
            self._nvs.commit()
        except OSError as error:
            if error.errno != _NOT_FOUND:
                raise

    def _load(self) -> None:
        # What is damaged is no key: its host has to pair once more.
        buf = bytearray(_MOST)
        try:
            length = self._nvs.get_blob(_KEY, buf)
        except OSError:
            return
        at = 0
        while at + 3 <= length:
            kind, key_end = buf[at], at + 3 + buf[at + 1]
            end = key_end + buf[at + 2]
            if end > length:
                return
            self._secrets.append((kind, bytes(buf[at + 3 : key_end]), bytes(buf[key_end:end])))
            at = end

    def _save(self) -> bool:
        blob = bytearray()
        for kind, key, value in self._secrets:
            if len(key) > 255 or len(value) > 255:
                return False
            blob += bytes((kind, len(key), len(value))) + key + value
        if len(blob) > _MOST:
            return False
        try:
            self._nvs.set_blob(_KEY, blob)
            self._nvs.commit()
        except OSError:
            return False
        return True
