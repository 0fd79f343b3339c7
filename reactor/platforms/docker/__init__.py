"""Docker Engine, Swarm and Podman: reading, listing and acting on them, as a container platform."""
