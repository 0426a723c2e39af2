"""Power plans: stop and start hosts and devices in the right order, by hand, by schedule or because of a UPS."""
