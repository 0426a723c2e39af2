"""Acceptance tests of the connector, with real processes."""
