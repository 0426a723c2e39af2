"""Life tests: a real household, random operations, and a model of the expected states and notifications."""
