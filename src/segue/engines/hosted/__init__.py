"""Engines that run elsewhere: how they are asked, and what is believed of their answers."""
