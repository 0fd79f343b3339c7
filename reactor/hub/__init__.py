"""The hub: Docker Cloud's stream and REST API, served from a fleet."""
