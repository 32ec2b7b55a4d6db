"""The words that robots speak on the bus: read leniently, written strictly (docs/hal.md). Pure."""
