"""Tests of custom_components/iotbridge/power_plans/api."""
