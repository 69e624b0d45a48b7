"""Razorpay as the sandbox plays it: Payment Links, payments, refunds."""
