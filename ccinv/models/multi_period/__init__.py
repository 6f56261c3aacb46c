"""The multi-period model."""
