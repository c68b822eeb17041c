"""The desk among other desks: joining a server, the link for as long as the window is open, what comes over it."""
