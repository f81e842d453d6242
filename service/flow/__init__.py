"""One delivery from arrival to settlement, and the limits on its way."""
