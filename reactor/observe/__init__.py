"""What reactor says of itself."""
