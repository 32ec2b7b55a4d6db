"""What every test may ask for. The servers are started by tests/beginning.py."""

pytest_plugins = ["tests.people"]
