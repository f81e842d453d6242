"""The pages for who works on the house: what they name is there."""
