"""Playing what there is audio of: as it was brought, or in another format that is made while it is played."""
