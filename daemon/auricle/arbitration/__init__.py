"""Which of several satellites that heard one wake word answers it."""
