"""Evaluators: one per alarm kind, from an entity's state to an evaluation. Pure."""
