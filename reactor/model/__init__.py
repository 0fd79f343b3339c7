"""The frozen nouns that every layer speaks of. No clock, no I/O, no threads."""
