"""What every domain stands on and that knows no domain: settings, database, storage, jobs, security, errors."""
