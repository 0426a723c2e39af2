"""Wake on LAN: magic packets, the networks they go to, and hosts that are woken until they are on."""
