"""How the weights that Segue ships were made."""
