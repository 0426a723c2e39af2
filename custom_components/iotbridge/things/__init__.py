"""Things: raw MQTT devices, learned from their own messages."""
