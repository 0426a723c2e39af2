"""Tests of the connector to Kafka; a package, so that their names do not clash with those of the agent's tests."""
