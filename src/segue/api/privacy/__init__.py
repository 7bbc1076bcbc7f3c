"""What users may do with all that is theirs at once: take it with them, or have it deleted; and the upkeep of both."""
