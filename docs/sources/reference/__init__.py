"""The pages that list what the program has: written from the code, and checked against it."""
