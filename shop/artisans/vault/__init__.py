"""The identity vault: who a maker is outside the workshop, apart from everything else.

It has a database of its own and a session of its own (`shop.db.vault_session`), which every function
here is handed. It knows a maker by her number in the workshop and by nothing else there; the workshop
knows nothing that lies here. Every value is sealed with a key of its own person; `VAULT_KEY` wraps those.
"""
