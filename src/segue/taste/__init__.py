"""What a listener likes: learned from what they play, like and say."""
