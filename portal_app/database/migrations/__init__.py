"""How the schema came to be, step by step; `database/schema.py` walks them."""
