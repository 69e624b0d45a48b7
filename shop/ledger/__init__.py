"""The books: accounts, entries and transfers that only grow.

A transfer is one row: a debit account, a credit account and an amount above zero, so it balances
by construction. A journal entry groups the transfers of one business event under a unique
reference; posting the same reference again changes nothing. Corrections are reversals.

The ledger knows neither artisans nor orders: accounts are codes such as `artisan:7:payable`.
"""
