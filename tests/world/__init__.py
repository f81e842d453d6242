"""What the suite and the trials play against: a broker, the API's stand-in, faults, load."""
