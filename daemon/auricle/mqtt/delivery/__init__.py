"""Finals that are not lost: accepted on disk, published once, reported if late."""
