"""Songs of a library that are kept, apart from those of which only something was said.

Models of proxies know the histories that hold a song by other hashes from now on, so they are learned anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018_kept"
down_revision = "0017_music_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark; nobody knows why songs that are there were added, so they stay kept."""
    op.add_column("library_songs", sa.Column("kept", sa.Boolean, nullable=False, server_default=sa.true()))
    op.execute("DELETE FROM proxy_models")


def downgrade() -> None:
    """Drop the mark, and the models."""
    op.execute("DELETE FROM proxy_models")
    op.drop_column("library_songs", "kept")
