"""Tests of custom_components/iotbridge/hosts."""
