"""What the program is made of, as an SBOM, and what is known to be wrong with any of it."""
