"""Tests of the dialogs of hosts."""
