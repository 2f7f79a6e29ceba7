"""The site as a platform runs it: the Procfile's processes behind TLS."""
