"""Songs: their names, their ids, and finding them."""
