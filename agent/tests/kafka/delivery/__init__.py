"""Tests of the path of messages to Kafka."""
