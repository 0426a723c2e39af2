"""Notifications: queue, delivery policy, texts, and the ways they are delivered."""
