"""Who signs in and where they belong: organisations, centres, users, roles and what each may do."""
