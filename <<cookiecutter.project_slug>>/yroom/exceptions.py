"""All exceptions of the engine."""
