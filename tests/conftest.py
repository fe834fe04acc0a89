from hypothesis import settings

# How long an example takes is the machine's affair, not the code's.
settings.register_profile("auricle", deadline=None)
# scripts/fuzz has more time.
settings.register_profile("thorough", deadline=None, max_examples=10_000)
settings.load_profile("auricle")
