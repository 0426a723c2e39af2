"""Rules, alarm instances, their life cycle and escalation. Pure: no Home Assistant."""
