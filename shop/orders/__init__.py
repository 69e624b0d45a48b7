"""Carts, orders and parcels: what a customer asks for, pays for, and receives."""
