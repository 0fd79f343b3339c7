"""A Docker Engine or Swarm as a fleet of the hub."""
