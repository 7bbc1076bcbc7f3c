"""The application factory, and what every route shares."""
