"""Session of MQTT 5 at the broker, whose messages are acknowledged by hand."""
