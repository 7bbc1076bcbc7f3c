"""What every HTTP route shares: who is calling, sessions, problems, pages, limits, replays."""
