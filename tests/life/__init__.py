"""Life tests: a real household, random operations, and a model that knows what has to be shown and told after each."""
