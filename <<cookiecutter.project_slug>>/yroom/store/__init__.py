"""Where rooms rest."""
