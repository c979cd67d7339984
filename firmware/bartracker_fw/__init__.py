# Firmware of the bartracker sensor: an IMU's FIFO to Bluetooth LE packets.
VERSION = (0, 1, 0)
