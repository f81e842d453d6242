"""What the generated parts of the pages are written from."""
