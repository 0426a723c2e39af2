"""Tests of custom_components/iotbridge/alarms/flow."""
