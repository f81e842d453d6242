"""The tutorial, typed as it says: in a bare Debian, and by the tests on their own broker."""
