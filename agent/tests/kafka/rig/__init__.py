"""Real programs and links for the tests of the connector, each on a free port of the loopback."""
