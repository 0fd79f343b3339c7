"""`reactor demo`: the whole road on this machine, told as a story."""
