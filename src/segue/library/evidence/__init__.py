"""What listeners did with tracks, gathered for those who conclude from it."""
