"""Tests of custom_components/iotbridge/alarms/engine/evaluation."""
