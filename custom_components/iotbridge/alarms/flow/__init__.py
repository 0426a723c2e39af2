"""Dialogs that create and change rules, notifier groups and maintenance windows."""
