"""What reactor serves over HTTP."""
