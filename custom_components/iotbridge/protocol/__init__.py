"""The integration's side of contract/: pure, without Home Assistant."""
