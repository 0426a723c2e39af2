"""Things at work in Home Assistant: subscriptions, values, presence, discovery messages."""
