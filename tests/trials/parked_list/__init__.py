"""How long it takes to list many parked messages, and that a look leaves their order."""
