"""The women who make: what the shop knows of each, what she has earned, what she was paid."""
