"""Lab: a real broker, a real Home Assistant and real agents, on loopback and in a private folder."""
