"""One encrypted archive of everything that a hub is: making it, proving it, and beginning anew from it."""
