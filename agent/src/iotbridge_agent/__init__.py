"""IoT Bridge agent: a machine's health over MQTT, and power commands with proof."""

__version__ = "1.0.0"
