"""OpenSubsonic at ``/rest``: players that speak it play what is on a listener's shelf."""
