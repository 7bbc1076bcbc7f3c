"""Events, and the figures that an operator makes of them: how soon people play, whether they like it, who stays."""
