"""Deciding, all of it pure: no clock, no I/O, no randomness, no threads."""
