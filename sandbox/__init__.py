"""Stands in for Stripe and Razorpay on one machine: their HTTP, their books, their pages, their webhooks."""
