"""The classroom: release chapters, grade what comes back."""
