"""Dashboard: the JavaScript module of cards and dialogs, and its data."""
