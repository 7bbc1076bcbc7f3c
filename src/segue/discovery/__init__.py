"""Finding what to hear next: the queue, and radio."""
