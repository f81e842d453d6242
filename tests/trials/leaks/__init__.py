"""A relay that loses its broker again and again holds no more than before."""
