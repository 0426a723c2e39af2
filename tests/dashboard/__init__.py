"""Tests of custom_components/iotbridge/dashboard."""
