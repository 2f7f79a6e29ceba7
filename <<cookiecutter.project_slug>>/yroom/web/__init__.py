"""The web process's side: it owns sockets."""
