"""The worker's side: it owns rooms."""
