"""Sentences of the voice intents: files among Home Assistant's custom sentences, and the answers that are spoken."""
