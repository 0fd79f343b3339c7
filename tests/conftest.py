"""What every test shares: how hypothesis searches."""

from hypothesis import settings

# A busy machine is slow, not wrong; pytest's time-out catches what hangs.
settings.register_profile("reactor", deadline=None, print_blob=True)
settings.load_profile("reactor")
