"""Connector from MQTT to Kafka, a process of its own; the agent itself imports nothing of it."""
