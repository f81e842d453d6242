"""A relay and a stand-in of the API on one's own broker, to try a producer against."""
