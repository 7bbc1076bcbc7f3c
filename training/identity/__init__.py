"""How the score of two songs' names was calibrated: on songs that are invented and spelled in other ways."""
