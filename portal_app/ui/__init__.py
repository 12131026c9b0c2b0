"""What pages are built from; knows no use case."""
