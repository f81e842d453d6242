"""One delivery from arrival to settlement, and the limits that it passes through."""
