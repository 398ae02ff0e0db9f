"""What cases are written with; it knows no case."""
