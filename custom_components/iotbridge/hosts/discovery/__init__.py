"""Discovery messages of hosts: published for those that publish none, and monitored for all."""
