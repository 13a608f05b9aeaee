"""Comments that are read before they are released: released as written, edited with their sense kept, or withheld."""
