"""The container platforms: how to talk to them, and what their objects and events mean."""
