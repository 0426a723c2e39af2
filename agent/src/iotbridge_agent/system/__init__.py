"""Access to the operating system: D-Bus, systemd, sensor chips, and the description of the machine."""
