"""The dialogs behind "Add a device" and behind the wheel of a device."""
