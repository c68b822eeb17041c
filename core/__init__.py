"""The domain and the local store: no Qt, no sockets, no threads, no wall clock."""
