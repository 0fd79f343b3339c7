"""What a running service says of itself: whether it works, its figures, its state in full."""
