"""Cues made audible: tones (tones.py), the device that plays them (player.py), speech by the system's own voice
(speech.py), the sensor's own light and buzzer (sensor.py), and the thread that takes cues from a session (listener.py).
When what is heard stands in coaching/cues.py.
"""
