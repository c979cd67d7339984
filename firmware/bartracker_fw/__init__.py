# Firmware of the bartracker sensor: an IMU's FIFO to Bluetooth LE packets.
VERSION = (0, 2, 0)
