"""How the site is made of the pages: laid out, then built by Zensical (`make docs`)."""
