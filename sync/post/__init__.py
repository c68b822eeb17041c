"""Field posts: desks on a local network without a server find each other, and one of them takes the server's part."""
