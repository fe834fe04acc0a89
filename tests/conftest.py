import os

from hypothesis import HealthCheck, settings

# How long an example takes is the machine's affair, not the code's: no test fails for
# having been slow. AURICLE_EXAMPLES asks for more of them, as scripts/fuzz does.
settings.register_profile(
    "auricle",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("AURICLE_EXAMPLES", "100")),
    print_blob=True,
)
settings.load_profile("auricle")
