"""The inbox: the list of letters, its search, filters, sorting and selection."""
