# What the firmware knows of a board.


class Board:
    # Pins by GPIO number, None where there is none. led_on: level that lights it. axes: clip x, y, z as +-1, +-2, +-3 =
    # chip +-x, +-y, +-z. ring_packets: a power of two; 242 bytes each.
    def __init__(
        self,
        model: str,
        scl: int,
        sda: int,
        led: "int | None",
        led_on: int,
        battery: "int | None",
        battery_divider: int,
        axes: "tuple[int, int, int]",
        ring_packets: int,
    ) -> None:
        self.model = model
        self.scl = scl
        self.sda = sda
        self.led = led
        self.led_on = led_on
        self.battery = battery
        self.battery_divider = battery_divider
        self.axes = axes
        self.ring_packets = ring_packets
