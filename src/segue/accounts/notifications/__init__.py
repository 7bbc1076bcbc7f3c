"""What users are told of, as it happens: kept, streamed to open pages, and pushed to closed ones."""
