# What the firmware knows of a board.


class Board:
    # Pins by GPIO number, None where there is none. led_on: level that lights it. battery: ADC pin behind a divider
    # (battery voltage over pin voltage). button: pulled to ground when pressed. buzzer: passive, wants a tone.
    # vibration: a motor behind a transistor, high to shake. wake: wired to the motion chip's INT1. axes: clip x, y, z
    # as +-1, +-2, +-3 = chip +-x, +-y, +-z. ring_packets: a power of two; 242 bytes each.
    def __init__(
        self,
        model: str,
        scl: int,
        sda: int,
        led: "int | None" = None,
        led_on: int = 1,
        battery: "int | None" = None,
        battery_divider: int = 2,
        button: "int | None" = None,
        buzzer: "int | None" = None,
        wake: "int | None" = None,
        vibration: "int | None" = None,
        axes: "tuple[int, int, int]" = (1, 2, 3),
        ring_packets: int = 256,
    ) -> None:
        self.model = model
        self.scl = scl
        self.sda = sda
        self.led = led
        self.led_on = led_on
        self.battery = battery
        self.battery_divider = battery_divider
        self.button = button
        self.buzzer = buzzer
        self.wake = wake
        self.vibration = vibration
        self.axes = axes
        self.ring_packets = ring_packets
