# Starts bartracker_fw, out of the place that boot.py has chosen.
import boot

boot.start()
