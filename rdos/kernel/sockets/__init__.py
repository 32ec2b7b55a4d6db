"""What the sockets of nodes and robots share: a wire that never waits, limits, and words to close with."""
