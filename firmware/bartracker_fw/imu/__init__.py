# The motion chips: `base` says what a driver offers, `detect` finds the chip that is there.
