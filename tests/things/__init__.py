"""Tests of custom_components/iotbridge/things."""
