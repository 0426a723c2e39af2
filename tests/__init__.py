"""Tests of the integration; they mirror custom_components/iotbridge/."""
