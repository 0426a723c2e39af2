"""Sentences through the conversation agent."""
