"""The dialogs, driven as Home Assistant's own interface drives them."""
