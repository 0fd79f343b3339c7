"""reactor: YAML rules over container event streams, with durable deliveries."""

__version__ = "0.1.0"
