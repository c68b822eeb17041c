"""What desks, posts and the server say to each other: messages, how they are packed, and under which addresses."""
