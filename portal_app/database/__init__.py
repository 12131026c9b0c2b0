"""Where the portal remembers: tables, transactions and migrations."""
