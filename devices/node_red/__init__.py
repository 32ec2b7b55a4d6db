"""What is known of Node-RED: whose nodes are whose among its flows, and what can go wrong on the way there. Pure."""
